/* The oracle of the parts before `gas`: what is left of it is not looked at. */
#include <stdbool.h>

static const bool has_gas = false;

#include "answers.h"
