//! What each scenario is for, in a question, and what it asks of a person's time.

/// What a scenario looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motif {
    Digit,
    Table,
    Wave,
    Words,
}

/// How long a run takes, about, on two cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    Blink,
    Seconds,
    Minutes,
}

impl Wait {
    pub fn text(self) -> &'static str {
        match self {
            Self::Blink => "a blink",
            Self::Seconds => "seconds",
            Self::Minutes => "minutes",
        }
    }
}

/// A scenario as it is offered.
pub struct Offered {
    pub name: &'static str,
    pub question: &'static str,
    pub wait: Wait,
    pub motif: Motif,
}

const fn offered(name: &'static str, question: &'static str, wait: Wait, motif: Motif) -> Offered {
    Offered { name, question, wait, motif }
}

/// Groups of scenarios, the ones to begin with first.
#[rustfmt::skip]
pub static GALLERY: &[(&str, &[Offered])] = &[
    ("A first look", &[
        offered("digits", "What does encryption cost a small network?", Wait::Blink, Motif::Digit),
        offered("digits-relu", "Which polynomial takes the place of ReLU?", Wait::Blink, Motif::Digit),
        offered("hospital", "Can somebody diagnose what they cannot read?", Wait::Blink, Motif::Table),
        offered("deep", "How deep can a network be, encrypted?", Wait::Minutes, Motif::Digit),
    ]),
    ("Prediction on MNIST", &[
        offered("cryptonets", "How many pictures a second, with one in each slot?", Wait::Seconds, Motif::Digit),
        offered("cryptodl", "How good is a network trained with its polynomials?", Wait::Seconds, Motif::Digit),
        offered("cryptodl-relu", "How high must degrees be where nothing is trained anew?", Wait::Minutes, Motif::Digit),
        offered("mnist-mlp", "What do lookup tables cost in the place of polynomials?", Wait::Minutes, Motif::Digit),
    ]),
    ("Sequences", &[
        offered("cryptornn", "What is done about noise that grows from step to step?", Wait::Seconds, Motif::Wave),
        offered("cryptornn-power", "Summer or winter, from a day of electricity?", Wait::Seconds, Motif::Wave),
        offered("cryptornn-ecg", "Is a heartbeat normal, without showing it?", Wait::Seconds, Motif::Wave),
        offered("cryptornn-vowels", "Who of nine spoke, in sequences of any length?", Wait::Seconds, Motif::Wave),
        offered("cryptornn-sentiment", "Is a sentence good or bad, unread?", Wait::Seconds, Motif::Words),
        offered("cryptornn-mnist-rows", "A picture as a sequence of its rows?", Wait::Minutes, Motif::Digit),
    ]),
    ("Training on encrypted data", &[
        offered("cryptonn-hospital", "Can a network be trained on what nobody shows?", Wait::Blink, Motif::Table),
        offered("cryptonn", "And what does the trainer learn all the same?", Wait::Seconds, Motif::Digit),
        offered("cryptonn-mnist", "How far does that go?", Wait::Minutes, Motif::Digit),
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use scenario::Scenario;

    #[test]
    fn every_scenario_is_offered_once() {
        let mut offered: Vec<&str> =
            GALLERY.iter().flat_map(|(_, group)| group.iter()).map(|one| one.name).collect();
        let mut known: Vec<String> = Scenario::built_in().into_iter().map(|s| s.name).collect();
        offered.sort_unstable();
        known.sort_unstable();
        assert_eq!(offered, known);
    }
}
