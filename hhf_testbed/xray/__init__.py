# SPDX-License-Identifier: GPL-2.0-or-later
"""The x-ray: what goes on inside HHF while packets pass it, as a list of events and as a picture.

Of a finished run, the model is given the arrivals and the departures that the kernel made, as when
the two are compared. Of a capture, the departures are those of a link of some rate, as in
``replay``, whose definitions hold here too. The directory has

events.jsonl    one JSON object per line, every event: what happened to flows, each drop, and, where
                an interval of filter F ends, its load, table T and the queue (see ``events``)
bins.csv        per bin of time: arrivals, departures, drops, and the greatest queue by bucket,
                filter load and table T
flows.csv       heavy flows, and the 1000 others that sent most
summary.json    the counts
xray.png, .svg  the picture; xray.txt is its caption

Memory does not depend on the length: events go to the file at once, bins double their width when
there would be more than ``series.MAX_BINS``, and of each flow it is only known in which bins what
happened.
"""
