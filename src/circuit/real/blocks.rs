//! A network cut where keys are switched.

use super::network::RealLayer;
use std::ops::Range;

/// What happens between two changes of level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A word-wise segment of these layers, with at most one square.
    Segment { layers: Range<usize>, squares: bool },
    /// A polynomial on each value.
    Polynomial { layer: usize },
}

/// The blocks of a network: squares of different segments are apart, polynomials by themselves.
pub(super) fn cut(layers: &[RealLayer]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, bool)> = None;
    let close = |blocks: &mut Vec<Block>, open: &mut Option<(usize, bool)>, end: usize| {
        if let Some((start, squares)) = open.take() {
            blocks.push(Block::Segment { layers: start..end, squares });
        }
    };
    for (at, layer) in layers.iter().enumerate() {
        match layer {
            RealLayer::Linear { .. } => {
                open.get_or_insert((at, false));
            }
            RealLayer::Square { .. } => {
                if let Some((_, true)) = open {
                    close(&mut blocks, &mut open, at);
                }
                let start = open.map_or(at, |(start, _)| start);
                open = Some((start, true));
            }
            RealLayer::Polynomial { .. } => {
                close(&mut blocks, &mut open, at);
                blocks.push(Block::Polynomial { layer: at });
            }
        }
    }
    close(&mut blocks, &mut open, layers.len());
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::real::RealFunction;

    #[test]
    fn a_new_segment_begins_at_every_square_but_the_first() {
        let linear = || RealLayer::Linear { name: "".into(), rows: Vec::new() };
        let square = || RealLayer::Square { name: "".into(), acts_on: 1 };
        let polynomial = || RealLayer::Polynomial {
            name: "".into(),
            function: RealFunction { parts: Vec::new(), gate: None },
            acts_on: 1,
        };
        let layers = [linear(), square(), linear(), square(), linear(), polynomial(), linear()];
        assert_eq!(
            cut(&layers),
            [
                Block::Segment { layers: 0..3, squares: true },
                Block::Segment { layers: 3..5, squares: true },
                Block::Polynomial { layer: 5 },
                Block::Segment { layers: 6..7, squares: false },
            ]
        );
        let layers = [polynomial(), polynomial(), square()];
        assert_eq!(
            cut(&layers),
            [
                Block::Polynomial { layer: 0 },
                Block::Polynomial { layer: 1 },
                Block::Segment { layers: 2..3, squares: true },
            ]
        );
    }
}
