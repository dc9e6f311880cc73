/* The oracle from part `gas` on. */
#include <stdbool.h>

static const bool has_gas = true;

#include "answers.h"
