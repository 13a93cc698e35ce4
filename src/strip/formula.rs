//! What a layer computes, in one line with the numbers of its network; and why its stages cost what
//! they cost.

use activation::Activation;
use circuit::StageKind;
use network::{Network, Op};

/// Polynomials of more terms are told by their degree.
const MOST_TERMS: usize = 4;

/// The formula of layer `at`, where a stage of `kind` computes it.
pub fn formula(network: &Network, at: usize, kind: StageKind) -> Option<String> {
    let layer = network.layers().get(at)?;
    let output = *network.shapes().get(at)?;
    let input =
        at.checked_sub(1).map_or(Some(network.input()), |b| network.shapes().get(b).copied());
    let (outputs, inputs) = (count(output.len()), count(input?.len()));
    Some(match &layer.op {
        Op::Dense { inputs: from, outputs: to, bias, .. } => {
            let (to, from, plus) = (count(*to), count(*from), plus_bias(bias));
            format!("y = W x{plus}, W of {to} by {from}: {to} sums of {from} products")
        }
        Op::Conv2d { in_channels, kernel, bias, .. } => {
            let (maps, high, wide) = (in_channels, kernel.0, kernel.1);
            let taps = count(maps * high * wide);
            let plus = plus_bias(bias);
            format!(
                "y = Σ w x{plus} over {maps}·{high}·{wide} = {taps} neighbours: {outputs} sums of {taps} products"
            )
        }
        Op::AvgPool { kernel: (high, wide), .. } => {
            let all = high * wide;
            format!(
                "y = (x₁ + … + x{}) / {all}, {high} by {wide} neighbours: {outputs} sums",
                small(all)
            )
        }
        Op::SumPool { kernel: (high, wide), .. } => {
            let all = small(high * wide);
            format!("y = x₁ + … + x{all}, {high} by {wide} neighbours: {outputs} sums")
        }
        Op::MaxPool { kernel: (high, wide), .. } => {
            format!("y = the largest of {high} by {wide} neighbours, {outputs} times")
        }
        Op::BatchNorm { .. } => {
            format!("y = γ (x − μ) / √(σ² + ε) + β for each of {outputs} values")
        }
        Op::Scale { shift, .. } => {
            format!("y = a x{}, numbers for each of {outputs} values", plus_bias(shift))
        }
        Op::Flatten => format!("y = x, {inputs} values in one row"),
        Op::Branch { .. } => format!("y = the {outputs} values from further back"),
        Op::Add { .. } => format!("y = x + x′, {outputs} sums of two"),
        Op::Concat { .. } => format!("y = (x′, x), {outputs} values"),
        Op::Activation(function) => {
            format!("{} for each of {outputs} values", applied(function, kind))
        }
    })
}

/// A function of one value, as a stage of this kind computes it.
fn applied(function: &Activation, kind: StageKind) -> String {
    match (function, kind) {
        (_, StageKind::Lookup) => format!("y = table[x], the table of {},", function.name()),
        (Activation::Square, _) => "y = x²".to_owned(),
        _ => match function.as_polynomial() {
            Some(p) if p.degree() < MOST_TERMS => format!("y = {}", terms(p.coefficients())),
            Some(p) => format!("y = c₀ + c₁ x + … of degree {}", p.degree()),
            None if function.is_polynomial() => format!("y = p(x), a {},", function.name()),
            None => format!("y = p(x) near {}", function.name()),
        },
    }
}

fn terms(coefficients: &[f64]) -> String {
    let mut text = String::new();
    for (power, c) in coefficients.iter().enumerate().rev().filter(|(_, c)| **c != 0.0) {
        text.push_str(match (text.is_empty(), *c < 0.0) {
            (true, true) => "−",
            (true, false) => "",
            (false, true) => " − ",
            (false, false) => " + ",
        });
        let size = (c.abs() * 1000.0).round() / 1000.0;
        let power = match power {
            0 => String::new(),
            1 => "x".to_owned(),
            n => format!("x{}", raised(n)),
        };
        match (size == 1.0, power.is_empty()) {
            (true, false) => text.push_str(&power),
            (_, true) => text.push_str(&format::short(size)),
            (false, false) => text.push_str(&format!("{} {power}", format::short(size))),
        }
    }
    text
}

/// Why a stage of this kind costs what it costs, one sentence.
pub fn why(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Input => {
            "The client hides every value under fresh noise: the least noise that there will be, and the largest message that goes up."
        }
        StageKind::Linear => {
            "Each ciphertext is multiplied by a number that the server knows, and the products are added: cheap, and noise grows by the size of the weights only."
        }
        StageKind::Square => {
            "A ciphertext times itself has three parts, and the noise is multiplied with the message: a few of these in a row use up the margin."
        }
        StageKind::Polynomial => {
            "Only sums and products exist under encryption, so a polynomial stands in for the function; each doubling of its degree uses up one more level of the modulus."
        }
        StageKind::Switch => {
            "Keys turn three parts into two again, and a prime of the modulus is dropped together with most of the noise: fewer bits for what follows."
        }
        StageKind::KeySwitch => {
            "The sums go over to a smaller key, so that the table behind them can be read at all."
        }
        StageKind::Lookup => {
            "A table is read without knowing where, one whole bootstrapping for each value: slow, and the noise is fresh again afterwards."
        }
    }
}

fn plus_bias(bias: &[f32]) -> &'static str {
    if bias.is_empty() { "" } else { " + b" }
}

fn count(n: usize) -> String {
    format::count(n as u64)
}

/// A number as an index.
fn small(n: usize) -> String {
    digits(n, ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'])
}

/// A number as an exponent.
fn raised(n: usize) -> String {
    digits(n, ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'])
}

fn digits(n: usize, forms: [char; 10]) -> String {
    let digit = |c: char| c.to_digit(10).and_then(|d| forms.get(d as usize)).copied();
    n.to_string().chars().filter_map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::Polynomial;

    #[test]
    fn layers_are_told_with_their_numbers() {
        let digits = network::open("digits").unwrap();
        let of = |at, kind| formula(&digits, at, kind).unwrap();
        let conv = of(0, StageKind::Linear);
        assert!(
            conv.starts_with("y = Σ w x") && conv.ends_with("288 sums of 9 products"),
            "{conv}"
        );
        assert_eq!(of(1, StageKind::Square), "y = x² for each of 288 values");
        let last = of(digits.layers().len() - 1, StageKind::Linear);
        assert!(last.contains("W of 10 by 288"), "{last}");
        assert_eq!(formula(&digits, 99, StageKind::Linear), None);
    }

    #[test]
    fn polynomials_are_written_out_and_tables_are_named() {
        let p = Activation::Polynomial(Polynomial::new(vec![0.5, 1.0, -0.25]));
        assert_eq!(applied(&p, StageKind::Polynomial), "y = −0.25 x² + x + 0.5");
        assert_eq!(applied(&Activation::Relu, StageKind::Polynomial), "y = p(x) near ReLU");
        assert!(applied(&Activation::Relu, StageKind::Lookup).contains("table of ReLU"));
        assert_eq!((small(12), raised(10)), ("₁₂".into(), "¹⁰".into()));
    }
}
