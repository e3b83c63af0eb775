"""Pictures: the blocks of a tying map, the network's graph, the graph of strata.

A picture is made in three steps, each of which can be looked at alone: a *model* says what
is shown and has a JSON form, a *scene* says where it stands, and a *writer* turns the scene
into SVG (by hand, the same bytes every time) or a PNG (by matplotlib, the only module that
imports it). Terminals are drawn from the model directly.
"""
