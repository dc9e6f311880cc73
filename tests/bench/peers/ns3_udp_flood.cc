// ns3_udp_flood.cc - flooding through ns-3's point-to-point links and UDP/IP: what a packet costs.
//
//     c++ -O3 -march=native ns3_udp_flood.cc -lns3-core -lns3-network -lns3-internet \
//         -lns3-point-to-point && ./a.out NODES MESSAGES
//
// Messages of 1 KiB over the graph of ns3_flood.cc, one each 10 ms from a node drawn at random;
// links of 5 to 100 ms and 100 Mbit/s; a socket for each end of a link.  What a node sees for the
// first time it sends to all neighbours but the sender.  Prints millions of deliveries a second of
// CPU time.
#include <ns3/core-module.h>
#include <ns3/internet-module.h>
#include <ns3/network-module.h>
#include <ns3/point-to-point-module.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

using namespace ns3;

enum { DEGREE = 8, MESSAGES_MOST = 64, SIZE = 1024, PORT = 9 };

struct Peer {
    uint64_t seen = 0;  // a bit a message
    std::vector<Ptr<Socket>> sockets;
};
static std::vector<Peer> peers;
static uint64_t n_deliveries, state = 1;

static uint64_t Draw(uint64_t below) {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return uint64_t((unsigned __int128)(z ^ z >> 31) * below >> 64);
}

static void Publish(uint32_t node, Ptr<Socket> from, uint32_t message) {
    Peer &self = peers[node];
    if (self.seen >> message & 1) return;
    self.seen |= uint64_t(1) << message;
    uint8_t bytes[SIZE] = {uint8_t(message)};
    for (auto &socket : self.sockets)
        if (socket != from) socket->Send(Create<Packet>(bytes, SIZE));
}

static void Receive(uint32_t node, Ptr<Socket> socket) {
    while (Ptr<Packet> packet = socket->Recv()) {
        uint8_t first;
        packet->CopyData(&first, 1);
        n_deliveries++;
        Publish(node, socket, first);
    }
}

static Ptr<Socket> Open(uint32_t node, Ptr<Node> of, Ipv4Address own, Ipv4Address other) {
    Ptr<Socket> socket = Socket::CreateSocket(of, UdpSocketFactory::GetTypeId());
    socket->Bind(InetSocketAddress(own, PORT));
    socket->Connect(InetSocketAddress(other, PORT));
    socket->SetRecvCallback(MakeBoundCallback(&Receive, node));
    return socket;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint32_t n = uint32_t(std::atoi(argv[1])), n_messages = uint32_t(std::atoi(argv[2]));
    if (n_messages > MESSAGES_MOST) return 2;
    peers.resize(n);
    NodeContainer nodes;
    nodes.Create(n);
    InternetStackHelper internet;
    internet.SetIpv6StackInstall(false);
    internet.Install(nodes);
    PointToPointHelper link;
    link.SetDeviceAttribute("DataRate", StringValue("100Mbps"));
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.252");
    std::vector<uint32_t> ring(n);
    for (uint32_t i = 0; i < n; i++) ring[i] = i;
    for (uint32_t k = 0; k < DEGREE; k += 2) {  // the union of random cycles through all nodes
        for (uint32_t i = n - 1; i > 0; i--) std::swap(ring[i], ring[Draw(i + 1)]);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t a = ring[i], b = ring[(i + 1) % n];
            link.SetChannelAttribute("Delay",
                                     TimeValue(NanoSeconds(5000000 + int64_t(Draw(95000001)))));
            Ptr<Node> from = nodes.Get(a), to = nodes.Get(b);
            Ipv4InterfaceContainer ends = addresses.Assign(link.Install(from, to));
            addresses.NewNetwork();
            Ipv4Address own = ends.GetAddress(0), other = ends.GetAddress(1);
            peers[a].sockets.push_back(Open(a, from, own, other));
            peers[b].sockets.push_back(Open(b, to, other, own));
        }
    }
    for (uint32_t i = 0; i < n_messages; i++)
        Simulator::Schedule(MilliSeconds(10 * i), &Publish, uint32_t(Draw(n)), Ptr<Socket>(), i);
    double started = double(std::clock()) / CLOCKS_PER_SEC;
    Simulator::Run();
    double took = double(std::clock()) / CLOCKS_PER_SEC - started;
    std::printf("%llu deliveries, %.4f M deliveries/s\n", (unsigned long long)n_deliveries,
                double(n_deliveries) / took * 1e-6);
    Simulator::Destroy();
}
