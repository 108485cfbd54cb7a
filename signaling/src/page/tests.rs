//! What the page's files are served as: names, types, changes, and that nothing else is.
