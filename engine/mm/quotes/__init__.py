"""Quotes of a model by inventory: a table of numbers, its text, its picture.

Pure but for writing the picture's file. Knows models only as ``mm.api.QuoteModelOffer``: any
plugin's will do, and no formula is here.

    table.py    inputs -> rows -> JSON or text
    plot.py     rows -> PNG or SVG
"""
