//! Confusion matrices: how often samples of each class are given each class.

use serde::{Deserialize, Serialize};

/// Most classes of which matrices are told.
pub const MOST_CLASSES: usize = 20;

/// Counts of samples, `[label][class given]`, by network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub original: Vec<Vec<u64>>,
    pub reference: Vec<Vec<u64>>,
    pub encrypted: Vec<Vec<u64>>,
}

impl Confusion {
    /// Of so many classes, nothing counted; `None` of more than [`MOST_CLASSES`].
    pub(crate) fn new(classes: usize) -> Option<Self> {
        let none = || vec![vec![0; classes]; classes];
        (classes <= MOST_CLASSES).then(|| Self {
            original: none(),
            reference: none(),
            encrypted: none(),
        })
    }

    /// Counts a sample: its label, and the classes by the original, reference and encrypted network;
    /// none where outputs are no numbers.
    pub(crate) fn add(&mut self, label: usize, classes: [Option<usize>; 3]) {
        let all = [&mut self.original, &mut self.reference, &mut self.encrypted];
        for (matrix, class) in all.into_iter().zip(classes) {
            if let Some(count) = matrix.get_mut(label).and_then(|row| row.get_mut(class?)) {
                *count += 1;
            }
        }
    }

    /// The three matrices by the name of their network.
    pub fn by_network(&self) -> [(&'static str, &[Vec<u64>]); 3] {
        [
            ("original", &self.original),
            ("reference", &self.reference),
            ("encrypted", &self.encrypted),
        ]
    }

    /// A row for each network and label, a column for each class given.
    pub fn to_csv(&self, class_names: &[String]) -> String {
        let name =
            |class: usize| class_names.get(class).cloned().unwrap_or_else(|| class.to_string());
        let mut head = vec!["network".to_owned(), "label".to_owned()];
        head.extend((0..self.original.len()).map(|class| format!("given_{}", name(class))));
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let rows = self.by_network().into_iter().flat_map(|(network, matrix)| {
            matrix.iter().enumerate().map(move |(label, counts)| {
                let mut row = vec![network.to_owned(), name(label)];
                row.extend(counts.iter().map(u64::to_string));
                row
            })
        });
        format::csv_table(&head, rows.collect::<Vec<_>>().into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_counted_by_label_and_class_given() {
        let mut counted = Confusion::new(2).unwrap();
        // Labels 0, 0, 1; encryption changed the second answer.
        counted.add(0, [Some(0); 3]);
        counted.add(0, [Some(1), Some(1), Some(0)]);
        counted.add(1, [Some(1), Some(0), Some(0)]);
        assert_eq!(counted.original, [[1, 1], [0, 1]]);
        assert_eq!(counted.reference, [[1, 1], [1, 0]]);
        assert_eq!(counted.encrypted, [[2, 0], [1, 0]]);
        let names = ["no".to_owned(), "yes".to_owned()];
        assert_eq!(
            counted.to_csv(&names),
            "network,label,given_no,given_yes\noriginal,no,1,1\noriginal,yes,0,1\nreference,no,1,1\nreference,yes,1,0\nencrypted,no,2,0\nencrypted,yes,1,0\n"
        );
        assert_eq!(Confusion::new(MOST_CLASSES + 1), None);
    }
}
