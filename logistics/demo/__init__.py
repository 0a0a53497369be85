"""The invented store every newcomer meets: depots, goods, people and a year of movements (`load_demo`).

Nothing here is real: the names are made up, the places are the centre points of provinces, every figure is drawn from
a seeded source. The tables are in `fixtures/demo/`.
"""
