#pragma once

#include "schema/sweep/document.h"

namespace spin::sweep {

/// One point of the design space on its way through the expansion: which entries it took.
using Taken = std::vector<const Point*>;

/// "network.depth: 4, sharing.rate: 6"; empty where the sweep is one cell.
std::string words_of(const Taken& taken);

/// Rewords what validate() or config_of() say of a cell: adds the line of the setting at
/// fault and names the cell. `pretrain`: the fault is in the training of the unshared network.
Error locate(const Source& source, const Document& document, const Taken& taken, const Error& error,
             bool pretrain);

}  // namespace spin::sweep
