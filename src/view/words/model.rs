//! A network in plain words.

use crate::anatomy::{Anatomy, Becomes};

/// What the network consists of, and what encryption makes of it.
pub fn model_words(anatomy: &Anatomy) -> Vec<String> {
    let weights: usize = anatomy.rows.iter().map(|row| row.parameters).sum();
    let products: usize = anatomy.rows.iter().map(|row| row.macs).sum();
    let mut told = vec![format!(
        "{} numbers were learned in training. An answer takes {} multiplications with them: those are cheap under encryption, because the server knows its own numbers.",
        format::count(weights as u64),
        format::count(products as u64)
    )];
    let functions = anatomy.rows.iter().filter(|row| row.is_activation).count();
    if functions > 0 {
        let layers =
            if functions == 1 { "1 layer applies" } else { &format!("{functions} layers apply") };
        told.push(format!("{layers} a function to every value. Ciphertexts can only be added and multiplied: so a polynomial or a table stands in its place, and that is what costs levels, time and noise."));
    }
    let impossible = anatomy.rows.iter().find_map(|row| match &row.becomes {
        Becomes::Impossible(reason) => Some((row.name.as_str(), reason.as_str())),
        Becomes::Same(_) | Becomes::Other(_) => None,
    });
    told.extend(
        impossible
            .map(|(name, reason)| format!("As it stands {name} cannot be computed: {reason}.")),
    );
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::LayerRow;

    #[test]
    fn sums_are_of_all_layers_and_what_is_impossible_is_named() {
        let row = |name: &str, parameters, macs, is_activation, becomes| LayerRow {
            name: name.to_owned(),
            what: String::new(),
            output: String::new(),
            parameters,
            macs,
            becomes,
            is_activation,
        };
        let same = || Becomes::Same("as it is");
        let rows = vec![
            row("dense1", 1000, 900, false, same()),
            row("relu1", 0, 0, true, Becomes::Impossible("no polynomial is chosen".into())),
            row("dense2", 50, 40, false, same()),
        ];
        let anatomy = Anatomy {
            name: "n".into(),
            summary: String::new(),
            made_by: String::new(),
            notes: Vec::new(),
            rows,
        };
        let told = model_words(&anatomy);
        assert!(
            told[0].starts_with("1050 numbers") && told[0].contains("takes 940 "),
            "{}",
            told[0]
        );
        assert!(told[1].starts_with("1 layer applies a function"));
        assert_eq!(told[2], "As it stands relu1 cannot be computed: no polynomial is chosen.");
    }
}
