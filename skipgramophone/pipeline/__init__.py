"""The use cases, one module each; every one is a plain function that a command, a script or a notebook calls.

From playlists to look-ups:
    extract          reads sources of playlists into the corpus of an experiment
    append           adds sources to a corpus; used by extract
    extract_report   counts what extract found
    train            trains vectors on the corpus, and builds the index
    index            rebuilds the index
    similar          finds the tracks most similar to one
    export           writes vectors for other tools
    import_vectors   takes vectors trained elsewhere as the model

Judging and improving:
    inspect          reports what playlists are like, before or after extraction
    evaluate         evaluates an experiment on held-out playlists; measures stability
    tune             searches for better training settings
    map              draws the tracks in two dimensions

Keeping house:
    check            verifies the files of an experiment
    stage_content    verifies what the files of a stage contain; used by check
    archive          copies, renames, packs and unpacks experiments
    experiments      lists, compares and removes experiments

    reports          what these functions return
    stages           steps that several of them share

Each function opens the experiment, does its work, publishes the result as a whole and returns a report. Progress goes
to a callback of the caller; nothing here prints.
"""
