//! Polynomials of many values, some at a time: what goes in is computed for a group of them, and the
//! weighted sums after them grow group by group, so that never all values are held.

use ring::{LinearMap, Row};
use scheme::ckks::{Scale, SegmentOp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Values of a group, at most.
pub const GROUP: usize = 128;

/// A linear layer with its rounded weights.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub inputs: usize,
    pub rows: Arc<Vec<Row>>,
    pub bias: Vec<f64>,
    pub weight_scale: Scale,
}

/// A polynomial layer cut into groups of values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    pub groups: Vec<StreamGroup>,
    /// Number of values.
    pub values: usize,
    /// Number of sums that grow; 0 where there are none.
    pub sums: usize,
    /// Whether the values come from a linear layer.
    pub has_source: bool,
}

/// Values whose polynomials are evaluated together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StreamGroup {
    /// Which values.
    pub values: Vec<usize>,
    /// The linear layer that gives them.
    pub source: Option<SegmentOp>,
    /// What they add to the sums of the linear layer after them.
    pub sinks: Vec<Sink>,
}

/// What a group adds to some of the sums.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sink {
    pub sums: Vec<usize>,
    pub op: SegmentOp,
}

impl Stream {
    /// Cuts `values` values into groups; `None` when they are so few that there is no need, or a map
    /// does not fit the primes.
    pub(super) fn new(
        values: usize,
        source: Option<&Layer>,
        sink: Option<&Layer>,
        prime_bits: u32,
    ) -> Option<Self> {
        if values <= GROUP {
            return None;
        }
        let order = match sink {
            Some(sink) => by_consumers(values, &sink.rows),
            None => (0..values).collect(),
        };
        let mut begun = vec![false; sink.map_or(0, |s| s.rows.len())];
        let mut groups = Vec::with_capacity(values.div_ceil(GROUP));
        let count = values.div_ceil(GROUP);
        for (at, values) in order.chunks(GROUP).enumerate() {
            let source = match source {
                Some(layer) => Some(layer.of_rows(values, prime_bits)?),
                None => None,
            };
            let sinks = match sink {
                Some(layer) => layer.of_columns(values, at + 1 == count, &mut begun, prime_bits)?,
                None => Vec::new(),
            };
            groups.push(StreamGroup { values: values.to_vec(), source, sinks });
        }
        let (sums, has_source) = (begun.len(), source.is_some());
        Some(Self { groups, values, sums, has_source })
    }
}

impl Layer {
    /// The operation of all rows.
    pub fn op(&self, prime_bits: u32) -> Option<SegmentOp> {
        let all: Vec<usize> = (0..self.rows.len()).collect();
        self.of_rows(&all, prime_bits)
    }

    /// The operation of some rows.
    fn of_rows(&self, which: &[usize], prime_bits: u32) -> Option<SegmentOp> {
        let rows: Vec<Row> =
            which.iter().map(|r| self.rows.get(*r).cloned()).collect::<Option<_>>()?;
        let bias = which.iter().map(|r| self.bias.get(*r).copied()).collect::<Option<_>>()?;
        let map = Arc::new(LinearMap::new(self.inputs, &rows, prime_bits)?);
        Some(SegmentOp::Linear { map, weight_scale: self.weight_scale.clone(), bias })
    }

    /// What some columns add to the sums; biases come with what is added first, for sums without
    /// anything with the `last` group.
    fn of_columns(
        &self,
        which: &[usize],
        last: bool,
        begun: &mut [bool],
        prime_bits: u32,
    ) -> Option<Vec<Sink>> {
        let mut place = vec![None; self.inputs];
        for (local, column) in which.iter().enumerate() {
            *place.get_mut(*column)? = Some(local as u32);
        }
        // Rows with one list of columns share the list that is left of it.
        let mut lists: HashMap<*const u32, Arc<[u32]>> = HashMap::new();
        let mut parts: Vec<(usize, Row)> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let local = |c: &u32| place.get(*c as usize).copied().flatten();
            let list = lists.entry(row.columns.as_ptr()).or_insert_with(|| {
                let mut here: Vec<u32> = row.columns.iter().filter_map(local).collect();
                here.sort_unstable();
                here.into()
            });
            if list.is_empty() && (begun[index] || !last) {
                continue;
            }
            let mut pairs: Vec<(u32, i32)> = row
                .columns
                .iter()
                .zip(&row.weights)
                .filter_map(|(c, w)| Some((local(c)?, *w)))
                .collect();
            pairs.sort_unstable_by_key(|(c, _)| *c);
            let weights = pairs.into_iter().map(|(_, w)| w).collect();
            parts.push((index, Row { columns: Arc::clone(list), weights }));
        }
        let sink = |part: &[(usize, Row)], begun: &mut [bool]| {
            let rows: Vec<Row> = part.iter().map(|(_, row)| row.clone()).collect();
            let bias = |index: usize| match std::mem::replace(&mut begun[index], true) {
                true => 0.0,
                false => self.bias.get(index).copied().unwrap_or(0.0),
            };
            let sums: Vec<usize> = part.iter().map(|(index, _)| *index).collect();
            let bias = sums.iter().copied().map(bias).collect();
            let map = Arc::new(LinearMap::new(which.len(), &rows, prime_bits)?);
            let weight_scale = self.weight_scale.clone();
            Some(Sink { sums, op: SegmentOp::Linear { map, weight_scale, bias } })
        };
        parts.chunks(GROUP).map(|part| sink(part, begun)).collect()
    }
}

/// Values in an order in which those that the same rows read are together.
fn by_consumers(values: usize, rows: &[Row]) -> Vec<usize> {
    /// Enough to tell windows apart.
    const COMPARED: usize = 16;
    let mut consumers: Vec<Vec<u32>> = vec![Vec::new(); values];
    for (index, row) in rows.iter().enumerate() {
        for column in row.columns.iter() {
            if let Some(list) = consumers.get_mut(*column as usize).filter(|l| l.len() < COMPARED) {
                list.push(index as u32);
            }
        }
    }
    let mut order: Vec<usize> = (0..values).collect();
    order.sort_by(|a, b| consumers[*a].cmp(&consumers[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_value_once_and_sums_every_term_and_bias_once() {
        let values = 2 * GROUP + 40;
        // Windows of 30 neighbours, and one sum of nothing.
        let mut rows: Vec<Row> = (0..values - 30)
            .map(|first| Row {
                columns: (first as u32..first as u32 + 30).collect(),
                weights: (0..30).map(|k| (first * 7 + k * 3) as i32 % 11 - 5).collect(),
            })
            .collect();
        rows.push(Row { columns: Vec::new().into(), weights: Vec::new() });
        let bias: Vec<f64> = (0..rows.len()).map(|i| i as f64).collect();
        let weight_scale = Scale::power_of_two(3);
        let sink = Layer { inputs: values, rows: Arc::new(rows), bias, weight_scale };
        let stream = Stream::new(values, None, Some(&sink), 48).unwrap();
        let mut seen: Vec<usize> = stream.groups.iter().flat_map(|g| g.values.clone()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..values).collect::<Vec<_>>());
        let (mut terms, mut biases) = (vec![0u64; sink.rows.len()], vec![0.0; sink.rows.len()]);
        for part in stream.groups.iter().flat_map(|g| &g.sinks) {
            let SegmentOp::Linear { map, bias, .. } = &part.op else { panic!("sums are linear") };
            assert_eq!(map.outputs(), part.sums.len());
            for (sum, bias) in part.sums.iter().zip(bias) {
                biases[*sum] += bias;
                terms[*sum] += 1;
            }
        }
        assert_eq!(biases, sink.bias);
        assert!(terms.iter().all(|t| *t > 0));
        let nonzero =
            |rows: &[Row]| rows.iter().flat_map(|r| &r.weights).filter(|w| **w != 0).count();
        let macs: u64 = stream
            .groups
            .iter()
            .flat_map(|g| &g.sinks)
            .map(|s| if let SegmentOp::Linear { map, .. } = &s.op { map.macs() } else { 0 })
            .sum();
        assert_eq!(macs, nonzero(&sink.rows) as u64);
        assert!(Stream::new(GROUP, None, Some(&sink), 48).is_none());
    }
}
