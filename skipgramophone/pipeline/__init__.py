"""The use cases, one module each. A use case is a plain function that a command, a script or a notebook calls.

From playlists to look-ups:
    extract          reads sources of playlists into the corpus of an experiment
    append           adds sources to a corpus; used by extract
    growth           adds a few rows to a large corpus; used by extract
    touched          finds the tracks and playlists that added rows may change; used by growth
    extract_report   makes the report of an extraction: numbers of rows, playlists, tracks and so on
    source_hashes    hashes the files that extract reads
    corpus_files     writes the files of a corpus; used by extract
    train            trains vectors on the corpus, and builds the index
    index            rebuilds the index
    similar          finds the tracks that are most similar to a track
    export           writes vectors for other tools
    import_vectors   imports vectors trained elsewhere and uses them as the model

Evaluation and improvement:
    inspect          reports statistics and problems of playlists, before or after extraction
    evaluate         evaluates an experiment on held-out playlists; measures stability
    tune             searches for better training settings
    map              draws the tracks in two dimensions

Management of experiments:
    check            verifies the files of an experiment
    stage_content    verifies what the files of a stage contain; used by check
    archive          copies, renames, packs and unpacks experiments
    model_card       writes the card of an experiment: data, settings, quality, limits, licence
    experiments      lists, compares and removes experiments

    reports          defines the reports that these functions return
    stages           steps that several use cases share

Each function opens the experiment, does its work, publishes the complete result and returns a report. It reports
progress to a callback, and prints nothing.
"""
