// ns3_phold.cc - PHOLD on ns-3's core: the work of `orrery bench phold-10k`, measured beside it.
//
//     c++ -O3 -march=native ns3_phold.cc -lns3-core && ./a.out NODES EVENTS_EACH MILLIONS
//
// An event draws a destination evenly and schedules the next event there, 0.1 s and an exponential
// of 1 s later.  Prints millions of events a second of CPU time, after three simulated seconds.
#include <ns3/core-module.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

using namespace ns3;

static uint32_t n_nodes;
static std::vector<uint64_t> received;
static uint64_t n_events, until, state = 1;
static double started;

static uint64_t Draw() {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static double CpuSeconds() { return double(std::clock()) / CLOCKS_PER_SEC; }

static void Arrive(uint32_t node);

static void Send() {
    uint32_t to = uint32_t((unsigned __int128)Draw() * n_nodes >> 64);
    double unit = double(Draw() >> 11) * 0x1p-53;
    Simulator::Schedule(NanoSeconds(100000000 + int64_t(-std::log1p(-unit) * 1e9)), &Arrive, to);
}

static void Arrive(uint32_t node) {
    received[node]++;
    if (++n_events == until) Simulator::Stop();
    Send();
}

static void Begin(uint64_t count) {
    started = CpuSeconds();
    n_events = 0;
    until = count;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    n_nodes = uint32_t(std::atoi(argv[1]));
    received.resize(n_nodes);
    ObjectFactory scheduler;
    scheduler.SetTypeId("ns3::PriorityQueueScheduler");  // the fastest of ns-3's at this size
    Simulator::SetScheduler(scheduler);
    for (uint64_t i = 0; i < uint64_t(n_nodes) * std::atoi(argv[2]); i++) Send();
    uint64_t count = uint64_t(std::atoi(argv[3])) * 1000000;
    Simulator::Schedule(Seconds(3), &Begin, count);
    Simulator::Run();
    std::printf("%.4f M events/s\n", double(count) / (CpuSeconds() - started) * 1e-6);
    Simulator::Destroy();
}
