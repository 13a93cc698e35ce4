//! What a dataset holds, class by class and value by value.

use super::dataset::{Dataset, Shape, Split};
use rayon::prelude::*;

/// Values that are told of one by one; of more, those of all samples together.
const MOST_VALUES: usize = 1024;

/// Samples of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassFacts {
    pub name: String,
    pub train: usize,
    pub test: usize,
}

/// One value of every sample, over the training part and the test part: a column of a table, a channel
/// of pictures or sequences, without the padding.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueFacts {
    pub name: String,
    pub least: f32,
    pub most: f32,
    pub mean: f64,
    /// Standard deviation over all values.
    pub deviation: f64,
}

/// What a dataset holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub classes: Vec<ClassFacts>,
    /// Empty where samples are text.
    pub values: Vec<ValueFacts>,
    /// Steps of the shortest and of the longest sequence.
    pub steps: Option<(usize, usize)>,
}

/// Sums over some values.
#[derive(Clone, Copy)]
struct Sums {
    count: u64,
    least: f32,
    most: f32,
    sum: f64,
    squares: f64,
}

impl Sums {
    const NONE: Self =
        Self { count: 0, least: f32::INFINITY, most: f32::NEG_INFINITY, sum: 0.0, squares: 0.0 };

    fn take(&mut self, value: f32, around: f64) {
        self.count += 1;
        self.least = self.least.min(value);
        self.most = self.most.max(value);
        let value = f64::from(value) - around;
        self.sum += value;
        self.squares += value * value;
    }

    fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            least: self.least.min(other.least),
            most: self.most.max(other.most),
            sum: self.sum + other.sum,
            squares: self.squares + other.squares,
        }
    }
}

impl Facts {
    /// Looks at every sample once.
    pub fn of(dataset: &Dataset) -> Self {
        let (train, test) = (dataset.train(), dataset.test());
        let mut classes: Vec<ClassFacts> = dataset
            .classes()
            .iter()
            .filter(|_| dataset.has_classes())
            .map(|name| ClassFacts { name: name.clone(), train: 0, test: 0 })
            .collect();
        for (split, is_train) in [(train, true), (test, false)] {
            for class in split.labels.iter() {
                if let Some(class) = classes.get_mut(usize::from(*class)) {
                    *if is_train { &mut class.train } else { &mut class.test } += 1;
                }
            }
        }
        let is_text = !dataset.vocabulary().is_empty();
        let values = if is_text { Vec::new() } else { values(dataset) };
        Self { classes, values, steps: steps(dataset) }
    }

    /// The facts as CSV: a line for each class, then one for each value.
    pub fn to_csv(&self) -> String {
        let head =
            ["kind", "name", "train_samples", "test_samples", "least", "most", "mean", "deviation"];
        let none = String::new;
        let classes = self.classes.iter().map(|c| {
            let counts = [c.train.to_string(), c.test.to_string()];
            let [train, test] = counts;
            ["class".into(), c.name.clone(), train, test, none(), none(), none(), none()]
        });
        let values = self.values.iter().map(|v| {
            let [least, most] = [v.least, v.most].map(|x| x.to_string());
            let [mean, deviation] = [v.mean, v.deviation].map(|x| x.to_string());
            ["value".into(), v.name.clone(), none(), none(), least, most, mean, deviation]
        });
        format::csv_table(&head, classes.chain(values))
    }
}

/// Steps of the shortest and the longest sequence.
fn steps(dataset: &Dataset) -> Option<(usize, usize)> {
    let Shape::Sequence { steps, .. } = dataset.shape() else { return None };
    let all = [dataset.train(), dataset.test()].into_iter().filter(|split| !split.is_empty());
    let ends = all.map(|split| {
        let (least, most) = (split.lengths.iter().min(), split.lengths.iter().max());
        least.zip(most).map_or((steps, steps), |(a, b)| (usize::from(*a), usize::from(*b)))
    });
    ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn values(dataset: &Dataset) -> Vec<ValueFacts> {
    let shape = dataset.shape();
    // Where the values of a sample are told of: `at % period / each`.
    let (period, each, called) = match shape {
        Shape::Flat { len } if len <= MOST_VALUES => (len, 1, "value"),
        Shape::Image { channels, height, width } if channels <= MOST_VALUES => {
            (shape.len(), height * width, "channel")
        }
        Shape::Sequence { channels, .. } if channels <= MOST_VALUES => (channels, 1, "channel"),
        _ => (shape.len(), shape.len(), "all values"),
    };
    let count = period / each.max(1);
    // Squares are summed around a value of each place, so that large means take no digits away.
    let first = dataset.test();
    let around: Vec<f64> = (0..count)
        .map(|place| f64::from(first.inputs.get(place * each).copied().unwrap_or_default()))
        .collect();
    let sums = [dataset.train(), dataset.test()]
        .map(|split| sums(split, shape, (period, each), &around))
        .into_iter()
        .reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a.and(b)).collect())
        .unwrap_or_default();
    let name = |place: usize| match dataset.features().get(place) {
        Some(name) if matches!(shape, Shape::Flat { .. }) => name.clone(),
        _ if count == 1 => "all values".to_owned(),
        _ => format!("{called} {}", place + 1),
    };
    let told = sums.into_iter().zip(around).enumerate().filter(|(_, (sums, _))| sums.count > 0);
    told.map(|(place, (sums, around))| {
        let count = sums.count as f64;
        let mean = sums.sum / count;
        let deviation = (sums.squares / count - mean * mean).max(0.0).sqrt();
        ValueFacts {
            name: name(place),
            least: sums.least,
            most: sums.most,
            mean: around + mean,
            deviation,
        }
    })
    .collect()
}

/// Sums over one part, for each place; padding before a sequence does not count. The order of adding
/// does not depend on the number of threads.
fn sums(split: &Split, shape: Shape, (period, each): (usize, usize), around: &[f64]) -> Vec<Sums> {
    const TASK: usize = 256;
    let len = shape.len();
    let parts: Vec<Vec<Sums>> = split
        .inputs
        .par_chunks(len * TASK)
        .enumerate()
        .map(|(task, samples)| {
            let mut sums = vec![Sums::NONE; around.len()];
            for (at, sample) in samples.chunks(len).enumerate() {
                let length = split.lengths.get(task * TASK + at).map(|l| usize::from(*l));
                let padding = match (shape, length) {
                    (Shape::Sequence { steps, channels }, Some(length)) => {
                        (steps - length.min(steps)) * channels
                    }
                    _ => 0,
                };
                for (at, value) in sample.iter().enumerate().skip(padding) {
                    let place = at % period / each;
                    if let (Some(sums), Some(around)) = (sums.get_mut(place), around.get(place)) {
                        sums.take(*value, *around);
                    }
                }
            }
            sums
        })
        .collect();
    let none = vec![Sums::NONE; around.len()];
    parts
        .into_iter()
        .fold(none, |all, part| all.into_iter().zip(part).map(|(a, b)| a.and(b)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(inputs: &[f32], labels: &[u16], lengths: &[u16]) -> Split {
        Split { inputs: inputs.into(), labels: labels.into(), lengths: lengths.into() }
    }

    fn dataset(shape: Shape, features: &[&str], train: Split, test: Split) -> Dataset {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Dataset::new("d", "", shape, names(&["a", "b"]), names(features), train, test).unwrap()
    }

    #[test]
    fn a_table_is_told_of_column_by_column() {
        let train = split(&[1e6 + 1.0, 2.0, 1e6 + 3.0, 4.0], &[0, 1], &[]);
        let test = split(&[1e6 + 2.0, 6.0], &[1], &[]);
        let facts = Facts::of(&dataset(Shape::Flat { len: 2 }, &["x", "y"], train, test));
        let counts: Vec<_> = facts.classes.iter().map(|c| (c.train, c.test)).collect();
        assert_eq!(counts, [(1, 0), (1, 1)]);
        // Variance of 1, 3, 2 and of 2, 4, 6: two thirds, eight thirds.
        let [x, y] = facts.values.try_into().unwrap();
        assert_eq!((x.name.as_str(), x.least, x.most), ("x", 1e6 + 1.0, 1e6 + 3.0));
        assert!(
            (x.mean - 1e6 - 2.0).abs() < 1e-9 && (x.deviation.powi(2) - 2.0 / 3.0).abs() < 1e-9
        );
        assert_eq!((y.mean, y.least, y.most), (4.0, 2.0, 6.0));
        assert!((y.deviation.powi(2) - 8.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn channels_stand_for_pictures_and_padding_does_not_count() {
        let shape = Shape::Image { channels: 2, height: 1, width: 2 };
        let picture = || split(&[0.0, 1.0, 5.0, 7.0], &[0], &[]);
        let facts = Facts::of(&dataset(shape, &[], picture(), picture()));
        let told: Vec<_> = facts.values.iter().map(|v| (v.name.as_str(), v.mean)).collect();
        assert_eq!(told, [("channel 1", 0.5), ("channel 2", 6.0)]);
        let shape = Shape::Sequence { steps: 3, channels: 1 };
        let train = split(&[0.0, 0.0, 9.0, 1.0, 2.0, 3.0], &[0, 1], &[1, 3]);
        let facts = Facts::of(&dataset(shape, &[], train, split(&[0.0, 4.0, 6.0], &[1], &[2])));
        assert_eq!(facts.steps, Some((1, 3)));
        assert_eq!((facts.values[0].least, facts.values[0].most), (1.0, 9.0));
        assert!((facts.values[0].mean - 25.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn the_table_has_a_line_for_each_class_and_value() {
        let one = || split(&[1.5], &[0], &[]);
        let facts = Facts::of(&dataset(Shape::Flat { len: 1 }, &["len, cm"], one(), one()));
        let csv = facts.to_csv();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[1], "class,a,1,1,,,,");
        assert_eq!(lines[3], r#"value,"len, cm",,,1.5,1.5,1.5,0"#);
    }
}
