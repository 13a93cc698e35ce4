//! Activations as nodes.

use activation::{Activation, ChebyshevSeries};
use onnx::{Graph, Setting};
use std::f32::consts::FRAC_1_SQRT_2;

/// Adds the nodes of `function` of the value `x`; gives the name of its value, which is `name`.
pub(super) fn add(graph: &mut Graph, name: &str, x: &str, function: &Activation) -> String {
    match function {
        Activation::Relu => graph.node(name, "Relu", &[x], &[]),
        Activation::LeakyRelu { slope } => {
            graph.node(name, "LeakyRelu", &[x], &[("alpha", Setting::Float(*slope as f32))])
        }
        Activation::Sigmoid => graph.node(name, "Sigmoid", &[x], &[]),
        Activation::Tanh => graph.node(name, "Tanh", &[x], &[]),
        Activation::Softplus => graph.node(name, "Softplus", &[x], &[]),
        Activation::Clip { low, high } => {
            let ends = [("low", low), ("high", high)]
                .map(|(end, value)| graph.weight(&format!("{name}/{end}"), &[], &[*value as f32]));
            graph.node(name, "Clip", &[x, &ends[0], &ends[1]], &[])
        }
        Activation::Sign => graph.node(name, "Sign", &[x], &[]),
        Activation::Square => graph.node(name, "Mul", &[x, x], &[]),
        Activation::Silu => {
            let sigmoid = graph.node(&format!("{name}/sigmoid"), "Sigmoid", &[x], &[]);
            graph.node(name, "Mul", &[x, &sigmoid], &[])
        }
        Activation::Gelu => {
            let mut inner = Inner { graph, name };
            let scaled = inner.times("scaled", x, FRAC_1_SQRT_2);
            let erf = inner.op("erf", "Erf", &[&scaled]);
            let above = inner.plus("above", &erf, 1.0);
            let half = inner.times("half", x, 0.5);
            graph.node(name, "Mul", &[&half, &above], &[])
        }
        Activation::Polynomial(polynomial) => {
            let mut inner = Inner { graph, name };
            let value = inner.horner(x, polynomial.coefficients());
            graph.node(name, "Identity", &[&value], &[])
        }
        Activation::Chebyshev(series) => {
            let value = Inner { graph, name }.clenshaw("series", x, series);
            graph.node(name, "Identity", &[&value], &[])
        }
        Activation::Composite(composite) => {
            let mut inner = Inner { graph, name };
            let mut value = x.to_owned();
            for (at, part) in composite.parts.iter().enumerate() {
                value = inner.clenshaw(&format!("part{at}"), &value, part);
            }
            // x (below (1 - s) + above (1 + s)) / 2 = x ((above + below) / 2 + s (above - below) / 2)
            if let Some(gate) = composite.gate {
                let (middle, half) =
                    (0.5 * (gate.above + gate.below), 0.5 * (gate.above - gate.below));
                let spread = inner.times("spread", &value, half as f32);
                let slope = inner.plus("slope", &spread, middle as f32);
                value = inner.op("gate", "Mul", &[x, &slope]);
            }
            graph.node(name, "Identity", &[&value], &[])
        }
    }
}

/// Nodes inside of one function.
struct Inner<'a> {
    graph: &'a mut Graph,
    name: &'a str,
}

impl Inner<'_> {
    fn op(&mut self, part: &str, op: &str, inputs: &[&str]) -> String {
        self.graph.node(&format!("{}/{part}", self.name), op, inputs, &[])
    }

    fn with_constant(&mut self, part: &str, op: &str, x: &str, constant: f32) -> String {
        let of = self.graph.weight(&format!("{}/{part}/constant", self.name), &[], &[constant]);
        self.op(part, op, &[x, &of])
    }

    fn times(&mut self, part: &str, x: &str, factor: f32) -> String {
        self.with_constant(part, "Mul", x, factor)
    }

    fn plus(&mut self, part: &str, x: &str, term: f32) -> String {
        self.with_constant(part, "Add", x, term)
    }

    /// `c_0 + x (c_1 + x (c_2 + ...))`.
    fn horner(&mut self, x: &str, coefficients: &[f64]) -> String {
        let (last, rest) = match coefficients.split_last() {
            Some((last, rest)) => (*last, rest),
            None => (0.0, coefficients),
        };
        let Some((next, rest)) = rest.split_last() else {
            let zero = self.times("nothing", x, 0.0);
            return self.plus("constant", &zero, last as f32);
        };
        let leading = self.times("leading", x, last as f32);
        let mut value = self.plus("sum", &leading, *next as f32);
        for (at, coefficient) in rest.iter().enumerate().rev() {
            let product = self.op(&format!("product{at}"), "Mul", &[&value, x]);
            value = self.plus(&format!("sum{at}"), &product, *coefficient as f32);
        }
        value
    }

    /// The recurrence `b_k = c_k + 2 t b_{k+1} - b_{k+2}` for `t` in `[-1, 1]` over the interval; the value
    /// is `c_0 + t b_1 - b_2` (C. W. Clenshaw, 1955).
    fn clenshaw(&mut self, part: &str, x: &str, series: &ChebyshevSeries) -> String {
        let (low, high) = series.interval();
        let scale = 2.0 / (high - low);
        let scaled = self.times(&format!("{part}/scaled"), x, scale as f32);
        let t = self.plus(&format!("{part}/t"), &scaled, (-scale * 0.5 * (low + high)) as f32);
        let twice = self.times(&format!("{part}/2t"), &t, 2.0);
        let zero = self.times(&format!("{part}/zero"), x, 0.0);
        let (mut one, mut two) = (zero.clone(), zero);
        for (k, coefficient) in series.coefficients().iter().enumerate().skip(1).rev() {
            let product = self.op(&format!("{part}/product{k}"), "Mul", &[&twice, &one]);
            let difference = self.op(&format!("{part}/difference{k}"), "Sub", &[&product, &two]);
            let next = self.plus(&format!("{part}/b{k}"), &difference, *coefficient as f32);
            two = std::mem::replace(&mut one, next);
        }
        let product = self.op(&format!("{part}/product0"), "Mul", &[&t, &one]);
        let difference = self.op(&format!("{part}/difference0"), "Sub", &[&product, &two]);
        let first = series.coefficients().first().copied().unwrap_or(0.0);
        self.plus(part, &difference, first as f32)
    }
}
