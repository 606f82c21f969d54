//! Targets of build files: looked up and judged.
