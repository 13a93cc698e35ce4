//! Nodes that compute with values: sums, products and powers of them, and with constants, matrices and
//! normalisations.

use super::expression::Expression;
use super::flow::Flow;
use super::layers::shown;
use super::nodes::{Given, Reading, Value, matrix, too_long, uniform};
use onnx::{Attributes, Node, Tensor, Values};

impl Reading {
    /// Every value times a number.
    pub(super) fn scaled(&self, flow: &Flow, by: f64) -> Given {
        let expression = flow.expression.clone().times(Expression::Number(by));
        expression.map(|e| Value::Flow(flow.with(e))).ok_or_else(too_long)
    }

    pub(super) fn binary(
        &mut self,
        node: &Node,
        flows: &[Flow],
        known: &[Option<Tensor>],
    ) -> Given {
        let op = node.op.as_str();
        if let ([_], None, Some(Some(by)), "Div") =
            (flows, known.first().and_then(Option::as_ref), known.get(1), op)
            && let zeros @ 1.. = by.floats().iter().filter(|v| **v == 0.0).count()
        {
            let by = match by.floats().len() {
                1 => "0".to_owned(),
                all => format!("{all} constants, {zeros} of them 0"),
            };
            return Err(format!(
                "divides by {by}; divisors other than 0 are read: a column that never changes makes one in a normalisation, divide it by 1 there"
            ));
        }
        match (flows, known.first().and_then(Option::as_ref), known.get(1).and_then(Option::as_ref))
        {
            ([x, y], ..) => {
                let alike = x.dims == y.dims && x.lies_as(y);
                match op {
                    _ if alike && x.layers == y.layers => {}
                    "Add" => return self.sum(x, y),
                    "Sub" => {
                        let Value::Flow(minus) = self.scaled(y, -1.0)? else {
                            return Err(too_long());
                        };
                        return self.sum(x, &minus);
                    }
                    _ => {
                        return Err(
                            "multiplies or divides what different layers give: sums of such are read".into(),
                        );
                    }
                }
                combined(op, x.expression.clone(), y.expression.clone())
                    .map(|e| Value::Flow(x.with(e)))
                    .ok_or_else(too_long)
            }
            ([x], None, Some(constant)) => match uniform(constant) {
                Some(number) => combined(op, x.expression.clone(), Expression::Number(number))
                    .map(|e| Value::Flow(x.with(e)))
                    .ok_or_else(too_long),
                None => self.with_constant(op, x, constant),
            },
            ([x], Some(constant), None) => match uniform(constant) {
                Some(number) => combined(op, Expression::Number(number), x.expression.clone())
                    .map(|e| Value::Flow(x.with(e)))
                    .ok_or_else(too_long),
                None if op == "Add" || op == "Mul" => self.with_constant(op, x, constant),
                None if op == "Sub" => {
                    let Value::Flow(negative) = self.scaled(x, -1.0)? else {
                        return Err(too_long());
                    };
                    self.with_constant("Add", &negative, constant)
                }
                None => Err("divides constants by values, or raises them to powers".into()),
            },
            _ => Err(format!("{op} takes two values")),
        }
    }

    /// `flow op constant`, where the constant differs from value to value.
    pub(super) fn with_constant(&mut self, op: &str, flow: &Flow, constant: &Tensor) -> Given {
        let flow = self.layers.done(flow)?;
        let each = onnx::spread(constant, &flow.dims).ok_or_else(|| {
            format!(
                "has a constant with the axes {} for values with the axes {}",
                shown(&constant.dims),
                shown(&flow.dims)
            )
        })?;
        // By place, then by channel where there are channels.
        let mut placed = vec![0.0; self.layers.shape.len()];
        if placed.len() != flow.len() {
            return Err("takes a part of what comes out of the layers".into());
        }
        for (place, value) in flow.places().iter().zip(&each) {
            placed[*place as usize] = *value;
        }
        let area = (placed.len() / self.layers.features().max(1)).max(1);
        let even = placed.chunks(area).all(|channel| channel.iter().all(|v| *v == channel[0]));
        let by_feature: Vec<f32> =
            placed.iter().step_by(if even { area } else { 1 }).copied().collect();
        let (ones, zeros) = (vec![1.0; by_feature.len()], vec![0.0; by_feature.len()]);
        match op {
            "Add" => self.layers.affine(&ones, &by_feature),
            "Sub" => {
                let minus: Vec<f32> = by_feature.iter().map(|v| -v).collect();
                self.layers.affine(&ones, &minus);
            }
            "Mul" => self.layers.affine(&by_feature, &zeros),
            "Div" => {
                let inverse: Vec<f32> = by_feature.iter().map(|v| v.recip()).collect();
                self.layers.affine(&inverse, &zeros);
            }
            _ => return Err("raises values to different powers".into()),
        }
        Ok(Value::Flow(flow.after(self.layers.layers.len())))
    }

    /// `alpha A B + beta C`.
    pub(super) fn gemm(
        &mut self,
        flow: &Flow,
        a: &Attributes,
        b: Option<&Tensor>,
        c: Option<&Tensor>,
    ) -> Given {
        if a.int("transA", 0) != 0 {
            return Err("takes the values of samples as columns (transA)".into());
        }
        let (mut weight, inputs, outputs) = matrix(b, a.int("transB", 0) != 0)?;
        let (alpha, beta) = (a.float("alpha", 1.0), a.float("beta", 1.0));
        weight.iter_mut().for_each(|w| *w *= alpha);
        let bias = match c {
            None => Vec::new(),
            Some(c) => {
                let spread = onnx::spread(c, &[1, outputs]);
                let spread =
                    spread.ok_or_else(|| format!("has a bias with the axes {}", shown(&c.dims)))?;
                spread.iter().map(|v| v * beta).collect()
            }
        };
        self.product(flow, weight, inputs, outputs, bias)
    }

    pub(super) fn product(
        &mut self,
        flow: &Flow,
        weight: Vec<f32>,
        inputs: usize,
        outputs: usize,
        bias: Vec<f32>,
    ) -> Given {
        if flow.dims.last() != Some(&inputs) || flow.len() != inputs {
            return Err(format!(
                "multiplies values with the axes {} by a matrix of {inputs} rows; vectors of {inputs} values are needed",
                shown(&flow.dims)
            ));
        }
        let mut dims = flow.dims.clone();
        if let Some(last) = dims.last_mut() {
            *last = outputs;
        }
        let out = self.layers.dense(flow, &weight, outputs, bias)?;
        out.shaped(dims).map(Value::Flow).ok_or_else(|| "gives no vector".into())
    }

    /// `scale (x - mean) / sqrt(variance + epsilon) + shift` for each channel.
    pub(super) fn batch_norm(
        &mut self,
        flow: &Flow,
        a: &Attributes,
        known: &[Option<Tensor>],
    ) -> Given {
        let epsilon = f64::from(a.float("epsilon", 1e-5));
        let numbers = |at: usize| known.get(at).and_then(Option::as_ref).map(Tensor::floats);
        let all = numbers(1).zip(numbers(2)).zip(numbers(3).zip(numbers(4)));
        let ((gamma, beta), (mean, variance)) =
            all.ok_or("is in training mode; export with model.eval()")?;
        let count = gamma.len();
        if [&beta, &mean, &variance].iter().any(|v| v.len() != count)
            || flow.dims.get(1) != Some(&count)
        {
            return Err(format!(
                "normalises {count} channels of values with the axes {}",
                shown(&flow.dims)
            ));
        }
        if let Some(v) = variance.iter().find(|v| v.is_nan() || f64::from(**v) + epsilon <= 0.0) {
            return Err(format!(
                "has a variance of {v}; variances are 0 or more: export the model again"
            ));
        }
        let scale: Vec<f64> = gamma
            .iter()
            .zip(&variance)
            .map(|(g, v)| f64::from(*g) / (f64::from(*v) + epsilon).sqrt())
            .collect();
        let shift: Vec<f32> = scale
            .iter()
            .zip(mean.iter().zip(&beta))
            .map(|(s, (m, b))| (f64::from(*b) - f64::from(*m) * s) as f32)
            .collect();
        let scale: Vec<f32> = scale.iter().map(|s| *s as f32).collect();
        // Along the axis of channels.
        let mut dims = vec![1; flow.dims.len()];
        dims[1] = count;
        let tensor = |values| Tensor { dims: dims.clone(), values: Values::Floats(values) };
        let scaled = self.with_constant("Mul", flow, &tensor(scale))?;
        let Value::Flow(scaled) = scaled else { return Ok(scaled) };
        self.with_constant("Add", &scaled, &tensor(shift))
    }

    /// Scores `coefficients x + intercepts`, from which it decides.
    pub(super) fn linear_classifier(&mut self, node: &Node, flow: &Flow) -> Given {
        let a = &node.attributes;
        let weight = a.floats("coefficients").unwrap_or_default().to_vec();
        let bias = a.floats("intercepts").unwrap_or_default().to_vec();
        let inputs = flow.len();
        let outputs = weight.len() / inputs.max(1);
        if outputs == 0
            || weight.len() != outputs * inputs
            || !(bias.is_empty() || bias.len() == outputs)
        {
            return Err(format!("has {} coefficients for {inputs} values", weight.len()));
        }
        let scores = self.layers.dense(flow, &weight, outputs, bias)?;
        self.decided(node, &scores)
    }
}

fn combined(op: &str, x: Expression, y: Expression) -> Option<Expression> {
    match op {
        "Add" => x.plus(y),
        "Sub" => x.plus(y.times(Expression::Number(-1.0))?),
        "Mul" => x.times(y),
        "Div" => x.over(y),
        _ => x.power(y),
    }
}
