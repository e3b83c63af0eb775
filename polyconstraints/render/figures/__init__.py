"""Pictures: the blocks of a tying map, the network's graph, the graph of strata.

A picture is made in three steps, each of which can be looked at alone: a *picture* says what
is shown, as a document and as text, its *scene* says where it stands, and a *writer* turns that
into SVG or TikZ (by hand, the same bytes every time), or PNG or PDF (by matplotlib).
"""
