//! Strategies for recurrent networks in plain words.

use crate::sequence::SequenceView;

/// What each strategy took for one sequence, and what it reveals.
pub fn sequence_words(view: &SequenceView) -> Vec<String> {
    let mut told: Vec<String> = view
        .ran()
        .map(|(_, row)| {
            let steps = match row.steps == row.all_steps {
                true => format!("{} steps", row.steps),
                false => format!("the last {} of {} steps", row.steps, row.all_steps),
            };
            let secs = format::secs(row.end_to_end_secs(&view.connection));
            format!("{}: {steps} in {secs} for one sequence over this connection, with {}; it reveals {}.", row.strategy.name(), rounds(row.rounds), row.reveals)
        })
        .collect();
    if let Some(plain) = told.first_mut() {
        plain.insert_str(0, "A recurrent network uses its own outputs again at every step, so noise grows from step to step; a strategy says what is done about it. ");
    }
    told
}

fn rounds(rounds: u64) -> String {
    match rounds {
        0 | 1 => "one message each way".to_owned(),
        many => format!("{} messages each way", format::count(many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circuit::{NetworkModel, NoiseStrategy};
    use study::StrategyRow;

    #[test]
    fn the_way_of_every_round_counts() {
        let mut view = SequenceView {
            connection: NetworkModel {
                name: "slow".into(),
                round_trip_secs: 0.5,
                up_bits_per_sec: 8.0,
                down_bits_per_sec: 8.0,
            },
            ..SequenceView::default()
        };
        let mut row = StrategyRow {
            strategy: NoiseStrategy::Levelled,
            steps: 5,
            all_steps: 24,
            rounds: 4,
            reveals: "nothing".into(),
            ..StrategyRow::default()
        };
        // Work of 1 s, 4 round trips of 0.5 s, a byte a second for 3 bytes: 6 s.
        (row.one_sequence.server_secs, row.one_sequence.rounds) = (1.0, 4);
        row.one_sequence.upload_bytes = 3;
        view.take_row(row);
        let told = sequence_words(&view);
        assert!(
            told[0].ends_with("the last 5 of 24 steps in 6.00 s for one sequence over this connection, with 4 messages each way; it reveals nothing."),
            "{}",
            told[0]
        );
    }
}
