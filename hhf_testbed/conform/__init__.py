# SPDX-License-Identifier: GPL-2.0-or-later
"""Packet for packet: random scenarios on a real kernel, and the model beside it.

``scenario`` is the vocabulary, ``generate`` makes random ones, ``lab`` plays them on a kernel in
virtual time, ``predict`` on the model alone, ``compare`` judges, ``shrink`` makes a divergence
small, and ``campaign`` does all this on all processors.
"""
