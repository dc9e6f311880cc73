// ns3_flood.cc - flooding on ns-3's core: the work of `orrery bench flood-10k`, measured beside it.
//
//     c++ -O3 -march=native ns3_flood.cc -lns3-core && ./a.out NODES MESSAGES
//
// Messages of 1 KiB over a random 8-regular graph, one each 10 ms from a node drawn at random;
// links of 5 to 100 ms, 100 Mbit/s up and down at each node.  What a node sees for the first time
// it sends to all neighbours but the sender.  Events stand for packets: no sockets, no headers,
// which would cost ns-3 ten times as much.  Prints millions of deliveries a second of CPU time.
#include <ns3/core-module.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

using namespace ns3;

enum { DEGREE = 8, MESSAGES_MOST = 64 };
static const int64_t serialisation_ns = 1028 * 8 * 10;  // at 100 Mbit/s

struct Peer {
    uint64_t seen = 0;  // a bit a message
    int64_t up_free = 0, down_free = 0;
    uint32_t links[DEGREE];
};
static std::vector<Peer> peers;
static uint64_t n_deliveries, state = 1;

static uint64_t Draw(uint64_t below) {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return uint64_t((unsigned __int128)(z ^ z >> 31) * below >> 64);
}

static void Arrive(uint32_t node, uint32_t from, uint32_t message, bool received);

static void Publish(uint32_t node, uint32_t from, uint32_t message) {
    Peer &self = peers[node];
    if (self.seen >> message & 1) return;
    self.seen |= uint64_t(1) << message;
    int64_t now = Simulator::Now().GetNanoSeconds();
    for (uint32_t to : self.links) {
        if (to == from) continue;
        self.up_free = std::max(self.up_free, now) + serialisation_ns;
        int64_t at = self.up_free + 5000000 + int64_t(Draw(95000001)) + serialisation_ns;
        Simulator::Schedule(NanoSeconds(at - now), &Arrive, to, node, message, false);
    }
}

static void Arrive(uint32_t node, uint32_t from, uint32_t message, bool received) {
    Peer &self = peers[node];
    int64_t now = Simulator::Now().GetNanoSeconds();
    if (!received) {
        if (self.down_free > now - serialisation_ns) {  // the downlink is taken
            self.down_free += serialisation_ns;
            Simulator::Schedule(NanoSeconds(self.down_free - now), &Arrive, node, from, message,
                                true);
            return;
        }
        self.down_free = now;
    }
    n_deliveries++;
    Publish(node, from, message);
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    uint32_t n = uint32_t(std::atoi(argv[1])), n_messages = uint32_t(std::atoi(argv[2]));
    if (n_messages > MESSAGES_MOST) return 2;
    peers.resize(n);
    std::vector<uint32_t> ring(n);
    for (uint32_t i = 0; i < n; i++) ring[i] = i;
    for (uint32_t k = 0; k < DEGREE; k += 2) {  // the union of random cycles through all nodes
        for (uint32_t i = n - 1; i > 0; i--) std::swap(ring[i], ring[Draw(i + 1)]);
        for (uint32_t i = 0; i < n; i++) {
            peers[ring[i]].links[k] = ring[(i + 1) % n];
            peers[ring[i]].links[k + 1] = ring[(i + n - 1) % n];
        }
    }
    ObjectFactory scheduler;
    scheduler.SetTypeId("ns3::PriorityQueueScheduler");  // the fastest of ns-3's at this size
    Simulator::SetScheduler(scheduler);
    for (uint32_t i = 0; i < n_messages; i++)
        Simulator::Schedule(MilliSeconds(10 * i), &Publish, uint32_t(Draw(n)), n, i);
    double started = double(std::clock()) / CLOCKS_PER_SEC;
    Simulator::Run();
    double took = double(std::clock()) / CLOCKS_PER_SEC - started;
    std::printf("%.4f M deliveries/s\n", double(n_deliveries) / took * 1e-6);
    Simulator::Destroy();
}
