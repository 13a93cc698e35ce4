//! A training in plain words.

use crate::training::TrainingView;

/// How far the training is, and whether it helps with samples that it does not learn from.
pub fn training_words(view: &TrainingView) -> Vec<String> {
    let (Some(first), Some(last)) = (view.epochs.first(), view.epochs.last()) else {
        return Vec::new();
    };
    let share = format::percent;
    let mut told = vec![format!(
        "{} times the network went through all its training samples. It is right in {} of them now, and in {} of those held out, which it does not learn from; after the first time it was right in {} of these.",
        last.epoch,
        share(last.train_accuracy),
        share(last.accuracy),
        share(first.accuracy)
    )];
    if last.train_accuracy - last.accuracy > 0.05 {
        told.push(
            "It knows its own samples much better than others: it learns them by heart.".to_owned(),
        );
    }
    told.extend(last.share_inside.map(|inside| {
        format!("{} of the inputs of its polynomials lie inside their interval: outside a polynomial is worth nothing, so the training punishes it.", share(inside))
    }));
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use network::train::{EpochRecord, TrainEvent};

    #[test]
    fn learning_by_heart_is_named() {
        let record = |epoch, train_accuracy, accuracy| EpochRecord {
            stage: String::new(),
            epoch,
            loss: 0.1,
            train_accuracy,
            accuracy,
            share_inside: Some(0.5),
        };
        let mut view = TrainingView::default();
        for record in [record(1, 0.4, 0.3), record(2, 0.99, 0.75)] {
            view.take(TrainEvent::Epoch { record, of: 2 });
        }
        let told = training_words(&view);
        assert!(told[0].starts_with("2 times") && told[0].contains("75.00 %"), "{}", told[0]);
        assert!(told[1].contains("by heart") && told[2].starts_with("50.00 %"));
        assert!(training_words(&TrainingView::default()).is_empty());
    }
}
