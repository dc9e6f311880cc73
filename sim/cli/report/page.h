/* page.h - page.html as a text, made by the build. */
#ifndef ORR_SIM_CLI_REPORT_PAGE_H
#define ORR_SIM_CLI_REPORT_PAGE_H

extern const char orr_report_page[];
#endif
