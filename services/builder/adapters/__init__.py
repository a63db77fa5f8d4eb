"""Where the builder meets programs and services: git, bubblewrap, node, the frameworks, AWS."""
