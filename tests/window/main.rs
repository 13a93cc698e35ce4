//! The window, clicked through without a display.
