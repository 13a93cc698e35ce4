//! How the window is laid out: folded, simple, for a room.

/// Plots of a run.
pub const PLOTS: usize = 4;

/// How the window is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layout {
    /// The setup is folded away.
    pub folded: bool,
    /// The plot of the run that is shown alone, counted from 0.
    pub enlarged: Option<usize>,
    /// How it was before the presentation that is on: zoom, and whether the setup was folded.
    pub presenting: Option<(f32, bool)>,
}

impl Layout {
    /// Whether it is shown to a room.
    pub fn presents(&self) -> bool {
        self.presenting.is_some()
    }

    /// Folds the setup away, or unfolds it.
    pub fn fold(&mut self) {
        self.folded = !self.folded;
    }

    /// Shows the first plot alone, or all.
    pub fn toggle_enlarged(&mut self) {
        self.enlarged = if self.enlarged.is_none() { Some(0) } else { None };
    }

    /// Goes to another plot.
    pub fn step(&mut self, by: isize) {
        let now = self.enlarged.map_or(if by > 0 { -1 } else { 0 }, |at| at as isize);
        self.enlarged = Some((now + by).rem_euclid(PLOTS as isize) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_follow_each_other_in_a_ring() {
        let mut layout = Layout::default();
        layout.step(1);
        assert_eq!(layout.enlarged, Some(0));
        layout.step(-1);
        assert_eq!(layout.enlarged, Some(PLOTS - 1));
        layout.step(1);
        layout.toggle_enlarged();
        assert_eq!(layout, Layout::default());
    }
}
