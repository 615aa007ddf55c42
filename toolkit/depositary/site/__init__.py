"""A package as a static site: pages for readers, made from what the other rooms compute."""
