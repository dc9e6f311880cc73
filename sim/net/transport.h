/* transport.h - what a scenario says of a network's, a link's or a node's transport.  What the two
 * are is in models/protocol.h (enum orr_transport), how they behave in sim/net/net.h. */
#ifndef ORR_SIM_NET_TRANSPORT_H
#define ORR_SIM_NET_TRANSPORT_H

enum orr_transport_rule {
    ORR_TRANSPORT_UNSAID, /* what else applies */
    ORR_TRANSPORT_DATAGRAM,
    ORR_TRANSPORT_STREAM
};

/* Kinds of messages that an uplink or a link tells apart by their priority, beside all the rest. */
#define ORR_URGENT_MOST 7
#endif
