# SPDX-License-Identifier: GPL-2.0-or-later
"""What finished trials mean: loaded, replayed by the model, summed up, judged and drawn."""
