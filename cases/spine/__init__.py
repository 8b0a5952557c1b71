"""The picture of lumbar spine, sacrum, coccyx and pelvis, and what of a lesion is drawn on it.

One drawing serves the case page and the editor. It is a front view as on a radiograph: the patient's right lies on the
left of the picture. Lengths are units of the drawing, not millimetres; proportions are kept recognisable, with the
sacrum larger than life because most lesions of the registry lie there.
"""
