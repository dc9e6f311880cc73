#include "models/fault/about.h"

#include "models/output.h"

struct orr_about orr_about_message(const struct orr_protocol *protocol,
                                   const struct orr_common *common, const struct orr_msg *m) {
    struct orr_about about = {0};
    struct orr_progress at;
    struct orr_statement said;
    if (!m) return about;
    if (protocol->report.place && protocol->report.place(m, &at))
        about = (struct orr_about){at.round, at.height, true, true};
    else if (protocol->report.statement && protocol->report.statement(common, m, 0, &said))
        about = (struct orr_about){said.view, said.height, true, true};
    return about;
}
