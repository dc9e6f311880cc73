/* driver.h - what a driver owes a protocol.
 *
 * A protocol (models/protocol.h) never calls anybody; a driver hands it events and carries out
 * its effects.  The simulator (sim/engine) is one driver, and a runtime on sockets may be
 * another.  A protocol may rely on the following from each of them, and on nothing else;
 * tests/contract holds protocols to their side of it.
 *
 * Birth.  Node state is zeroed, then init() is called once with an env that lives as long as
 * the node.  The next event is ORR_START, but after a restart one ORR_STORED comes before it
 * for each durable record, in ascending order of its name.  On streams each link that the
 * topology gives is then told by ORR_PEER_UP; a full mesh tells nothing at birth.
 *
 * Events.  One step at a time: no step of a node begins before the last one of it has returned.
 * `now` is the node's own clock and never falls.  The message of an event is lent until step()
 * returns.  A timer fires once for each time that it was armed, not before its time, and not at
 * all when it was disarmed or armed anew; its key is one that the protocol has armed.
 *
 * Effects.  When step() returns, its effects take hold in the order of the list, all of them
 * after those of earlier steps; later ones never overtake an ORR_WRITE that is not yet durable,
 * and ORR_WRITTEN tells of it.  The reference that an effect holds is the driver's then; a
 * message in an effect is never written again by anybody.  The outbox's array is the driver's
 * and is reused.
 *
 * Messages.  A message is frozen (orr_freeze) before anyone but its author sees it: as an effect,
 * or when it comes from a client or off a wire.  All that get it share its decoded form, which is
 * that of the receiver's cohort.  What arrives is bytes: of any kind, of any length, from any
 * peer, as often and as late as it pleases an adversary.  On a stream what a correct peer sends
 * arrives in order while the link is open; on datagrams it may be lost, doubled or overtaken.
 *
 * Telling again.  What a node wrote before it put it out, a decision say, may be durable when a
 * crash comes, and untold; the node cannot know.  So when it comes back it puts out again what
 * followed the last ORR_WRITE that it finds: of a chain, the last decision.  A driver takes the
 * same decision of the same node, told again, as one; another value at that height is a fork.
 * Since effects take hold in order, what preceded that write was told.
 *
 * Touching.  touch() is called or not, of a node that runs, with a message that may reach it yet;
 * nothing follows from it.
 *
 * Death.  A crash may come between any two effects.  Those that had not taken hold are lost,
 * with all state but what was durable; fini() is called if there is one, and a restart is a
 * birth.  When step() returns an error, the node stops as in a crash and is not started again
 * by itself.
 *
 * Memory.  env->common->mem never fails; what a node holds of it when fini() has returned is a
 * leak, as is a reference to a message.  fini() is called once for each init() that returned 0,
 * unless the node was left in the middle of a step (sim/engine/mishap.h). */
#ifndef ORR_SIM_DRIVER_H
#define ORR_SIM_DRIVER_H

#include "models/protocol.h"

#endif
