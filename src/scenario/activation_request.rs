//! The activation strategy of a scenario: the same for all layers, or layer by layer.

use super::error::RunError;
use activation::{Method, Polynomial};
use network::{IntervalRule, LayerRule};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// How activations are carried into the encrypted network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationKind {
    /// A polynomial approximation of the function.
    #[default]
    Polynomial,
    /// A lookup table, read by programmable bootstrapping.
    Lookup,
}

/// The activation strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActivationRequest {
    pub kind: ActivationKind,
    /// `keep` (the model's own polynomial), or the id of an approximation method.
    pub method: String,
    /// Degree of the polynomial; BGV carries degree 2.
    pub degree: usize,
    /// Half-width l of the interval `[-l, l]` on which the polynomial approximates.
    pub interval: f64,
    /// The coefficients of the method `own`: a formula as `0.5 + 0.25x - 0.01x^3`, or a list from the
    /// constant on.
    #[serde(deserialize_with = "polynomial", skip_serializing_if = "Option::is_none")]
    pub polynomial: Option<Polynomial>,
    /// Bits of lookup tables, 1 to 6; those a model was trained with, or 4, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// What single activation layers (of a recurrent network: gates) have in the place of the above.
    #[serde(skip_serializing_if = "LayerRequests::is_same")]
    pub layers: LayerRequests,
}

impl Default for ActivationRequest {
    fn default() -> Self {
        Self {
            kind: ActivationKind::Polynomial,
            method: KEEP.into(),
            degree: 2,
            interval: 5.0,
            polynomial: None,
            bits: None,
            layers: LayerRequests::Same,
        }
    }
}

/// The method that leaves a layer as the model has it.
pub const KEEP: &str = "keep";

/// The strategy layer by layer. In JSON a list with an entry for each activation layer, or an object
/// with entries for some, by number from 1 on: `{"2": {"degree": 5}}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum LayerRequests {
    /// No layer differs.
    #[default]
    Same,
    /// One for each activation layer, in order.
    All(Vec<LayerRequest>),
    /// Those of some layers, which are counted from 1.
    Some(BTreeMap<usize, LayerRequest>),
}

/// What one layer has of its own; what is left out is that of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LayerRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degree: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<LayerInterval>,
}

/// The interval of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "an interval is a half-width, or [low, high]")]
pub enum LayerInterval {
    /// `[-l, l]`.
    HalfWidth(f64),
    Ends([f64; 2]),
}

impl LayerInterval {
    /// Lower and upper end.
    pub fn ends(self) -> (f64, f64) {
        match self {
            Self::HalfWidth(half) => (-half, half),
            Self::Ends([low, high]) => (low, high),
        }
    }
}

impl LayerRequests {
    /// Whether no layer differs.
    pub fn is_same(&self) -> bool {
        match self {
            Self::Same => true,
            Self::All(all) => all.is_empty(),
            Self::Some(some) => some.is_empty(),
        }
    }

    /// What layer `at`, counted from 0, has of its own.
    pub fn of(&self, at: usize) -> Option<&LayerRequest> {
        match self {
            Self::Same => None,
            Self::All(all) => all.get(at),
            Self::Some(some) => some.get(&(at + 1)),
        }
    }

    /// What layers have of their own, each with its number, from 1 on.
    pub(crate) fn numbered(&self) -> Vec<(usize, &LayerRequest)> {
        match self {
            Self::Same => Vec::new(),
            Self::All(all) => (1..).zip(all).collect(),
            Self::Some(some) => some.iter().map(|(at, own)| (*at, own)).collect(),
        }
    }

    /// The strategy of each activation layer, by the names of all: what it has of its own, and else
    /// that of `all`.
    ///
    /// # Errors
    /// When a method is unknown, or an entry is of a layer that is not there.
    pub fn rules(&self, all: LayerRule, layers: &[String]) -> Result<Vec<LayerRule>, RunError> {
        self.check(layers)?;
        let rule = |at: usize| {
            let Some(own) = self.of(at) else { return Ok(all) };
            let setting = format!("activation.layers.{}.method", at + 1);
            let of_layer = own.method.as_deref().map(|name| method(&setting, name));
            Ok(LayerRule {
                method: of_layer.transpose()?.unwrap_or(all.method),
                degree: own.degree.unwrap_or(all.degree),
                interval: own.interval.map_or(all.interval, |i| IntervalRule::Given(i.ends())),
            })
        };
        (0..layers.len()).map(rule).collect()
    }

    /// Holds the entries against the activation layers (or gates) there are.
    fn check(&self, layers: &[String]) -> Result<(), RunError> {
        let count = layers.len();
        let known = format!(
            "the model has {count} activation {}{}",
            if count == 1 { "layer" } else { "layers" },
            if count == 0 { String::new() } else { format!(" ({})", layers.join(", ")) }
        );
        match self {
            Self::All(all) if !all.is_empty() && all.len() != count => {
                Err(RunError::Refused(format!(
                    "activation.layers has {} entries; {known}, and a list has one entry for each",
                    all.len()
                )))
            }
            Self::Some(some) => match some.keys().find(|at| !(1..=count).contains(*at)) {
                Some(at) => Err(RunError::Refused(format!(
                    "activation.layers.{at}: {known}, counted from 1"
                ))),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// The method that a setting names; `None` for `keep`.
fn method(setting: &str, name: &str) -> Result<Option<Method>, RunError> {
    match name {
        KEEP => Ok(None),
        name => match name.parse() {
            Ok(method) => Ok(Some(method)),
            Err(e) => Err(RunError::Refused(format!("{setting}: {e}, and {KEEP}"))),
        },
    }
}

impl ActivationRequest {
    /// Whether every layer keeps what the model has.
    pub fn keeps_all(&self) -> bool {
        let keeps = |own: &LayerRequest| own.method.as_deref().unwrap_or(&self.method) == KEEP;
        self.method == KEEP && self.layers.numbered().into_iter().all(|(_, own)| keeps(own))
    }

    /// The strategy of each activation layer, by the names of all.
    ///
    /// # Errors
    /// When a method is unknown, or an entry is of a layer that is not there.
    pub fn rules(&self, layers: &[String]) -> Result<Vec<LayerRule>, RunError> {
        let all = LayerRule {
            method: method("activation.method", &self.method)?,
            degree: self.degree,
            interval: IntervalRule::Given((-self.interval, self.interval)),
        };
        self.layers.rules(all, layers)
    }

    /// The settings that make this strategy of the default one, as `--set` takes them.
    pub fn settings(&self) -> Vec<String> {
        let mut all = vec![
            format!("activation.method={}", self.method),
            format!("activation.degree={}", self.degree),
            format!("activation.interval={}", self.interval),
        ];
        if let Some(polynomial) = &self.polynomial {
            all.push(format!("activation.polynomial={polynomial}"));
        }
        if !self.layers.is_same() {
            let json = serde_json::to_string(&self.layers).unwrap_or_default();
            all.push(format!("activation.layers={json}"));
        }
        all
    }
}

/// A polynomial as a formula or as its coefficients.
fn polynomial<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Polynomial>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "activation.polynomial is a formula as 0.5 + 0.25x - 0.01x^3, or a list of coefficients from the constant on"
    )]
    enum Typed {
        Formula(String),
        Coefficients(Vec<f64>),
    }
    let Some(typed) = Option::<Typed>::deserialize(deserializer)? else { return Ok(None) };
    let read = match typed {
        Typed::Formula(text) => text.parse(),
        Typed::Coefficients(all) => Polynomial::new(all).checked(),
    };
    read.map(Some).map_err(|e| serde::de::Error::custom(format!("activation.polynomial: {e}")))
}

impl Serialize for LayerRequests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Same => serializer.serialize_unit(),
            Self::All(all) => serializer.collect_seq(all),
            Self::Some(some) => serializer.collect_map(some),
        }
    }
}

impl<'de> Deserialize<'de> for LayerRequests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Group(#[serde(deserialize_with = "file::fields")] LayerRequest);

        struct Choices;

        impl<'de> Visitor<'de> for Choices {
            type Value = LayerRequests;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str(
                    "a list with an entry for each activation layer, or an object with entries by number, from 1 on",
                )
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(LayerRequests::Same)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(Group(one)) = seq.next_element()? {
                    all.push(one);
                }
                Ok(LayerRequests::All(all))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut some = BTreeMap::new();
                while let Some((at, Group(one))) = map.next_entry()? {
                    some.insert(at, one);
                }
                Ok(LayerRequests::Some(some))
            }
        }

        deserializer.deserialize_any(Choices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|i| format!("act{i}")).collect()
    }

    fn given(low: f64, high: f64) -> IntervalRule {
        IntervalRule::Given((low, high))
    }

    #[test]
    fn a_layer_has_what_it_is_given_and_else_what_all_have() {
        let text = r#"{"method": "minimax", "degree": 3, "interval": 4.0, "layers": [
            {"degree": 7, "interval": [-2.0, 6.0]}, {}, {"method": "keep"},
            {"method": "square", "interval": 1.5}]}"#;
        let choice: ActivationRequest = serde_json::from_str(text).unwrap();
        let rules = choice.rules(&names(4)).unwrap();
        let found: Vec<_> = rules.iter().map(|r| (r.method, r.degree, r.interval)).collect();
        let minimax = Some(Method::Minimax);
        assert_eq!(
            found,
            [
                (minimax, 7, given(-2.0, 6.0)),
                (minimax, 3, given(-4.0, 4.0)),
                (None, 3, given(-4.0, 4.0)),
                (Some(Method::Square), 3, given(-1.5, 1.5)),
            ]
        );
        let back = serde_json::to_string(&choice).unwrap();
        assert_eq!(serde_json::from_str::<ActivationRequest>(&back).unwrap(), choice);
    }

    #[test]
    fn settings_reach_single_layers() {
        let scenario = Scenario::open("cryptodl-relu").unwrap();
        let set = |s: &Scenario, text: &str| s.with_setting(text);
        let one = set(&scenario, "activation.layers.2.degree=5").unwrap();
        let rules = one.activation.rules(&names(3)).unwrap();
        assert_eq!(rules.iter().map(|r| r.degree).collect::<Vec<_>>(), [2, 5, 2]);
        let two = set(&one, "activation.layers.3.interval=[-1, 2.5]").unwrap();
        assert_eq!(two.activation.rules(&names(3)).unwrap()[2].interval, given(-1.0, 2.5));
        // In a list, too, and out of it.
        let list = set(&scenario, r#"activation.layers=[{"degree":3},{"degree":4}]"#).unwrap();
        let changed = set(&list, "activation.layers.1.degree=9").unwrap();
        let degrees: Vec<usize> =
            changed.activation.rules(&names(2)).unwrap().iter().map(|r| r.degree).collect();
        assert_eq!(degrees, [9, 4]);
        for bad in ["activation.layers.0.degree=3", "activation.layers.3.degree=3"] {
            let text = set(&list, bad).unwrap_err().to_string();
            assert!(text.contains("1 to 2"), "{text}");
        }
        for bad in [
            "activation.layers.one.degree=3",
            "activation.layers.1.colour=3",
            "activation.layers=7",
            "activation.layers.1.interval=wide",
        ] {
            assert!(set(&scenario, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn entries_of_layers_that_are_not_there_are_refused_with_the_number_of_layers() {
        let all = LayerRequests::All(vec![LayerRequest::default(); 3]);
        let some = LayerRequests::Some([(3, LayerRequest::default())].into());
        for layers in [all, some] {
            let choice = ActivationRequest { layers, ..ActivationRequest::default() };
            let text = choice.rules(&names(2)).unwrap_err().to_string();
            assert!(text.contains("2 activation layers (act1, act2)"), "{text}");
        }
        let unknown = LayerRequest { method: Some("magic".into()), ..LayerRequest::default() };
        let layers = LayerRequests::Some([(2, unknown)].into());
        let choice = ActivationRequest { layers, ..ActivationRequest::default() };
        let text = choice.rules(&names(2)).unwrap_err().to_string();
        assert!(text.contains("activation.layers.2.method: no method magic"), "{text}");
        assert!(!choice.keeps_all());
    }

    #[test]
    fn coefficients_are_a_formula_or_a_list() {
        let scenario = Scenario::open("digits-relu").unwrap();
        let own = |text: &str| {
            let set = scenario.with_setting(&format!("activation.polynomial={text}"))?;
            set.with_setting("activation.method=own").map(|s| s.activation)
        };
        let wanted = Polynomial::new(vec![0.5, 0.25, 0.0, -0.01]);
        for text in ["0.5 + 0.25x - 0.01x^3", "[0.5, 0.25, 0, -0.01]", "0.5, 0.25, 0, -0.01"] {
            let choice = own(text).unwrap();
            assert_eq!(choice.polynomial.as_ref(), Some(&wanted), "{text}");
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(serde_json::from_str::<ActivationRequest>(&json).unwrap(), choice);
            let settings = choice.settings();
            let made = settings.iter().try_fold(scenario.clone(), |s, t| s.with_setting(t));
            assert_eq!(made.unwrap().activation, choice);
        }
        for (text, told) in
            [("[1]", "there is no x"), ("2y", "no x"), ("[1,\"a\"]", "a formula as")]
        {
            let error = own(text).unwrap_err().to_string();
            assert!(error.contains(told) && !error.contains('\n'), "{text}: {error}");
        }
    }

    #[test]
    fn the_settings_of_a_strategy_make_it_again() {
        let mut choice = ActivationRequest { degree: 7, ..ActivationRequest::default() };
        choice.method = "minimax".into();
        let own = LayerRequest { degree: Some(3), ..LayerRequest::default() };
        choice.layers = LayerRequests::Some([(1, own)].into());
        let scenario = Scenario::open("digits").unwrap();
        let settings = choice.settings();
        let made =
            settings.iter().try_fold(scenario, |s, setting| s.with_setting(setting)).unwrap();
        assert_eq!(made.activation, choice);
    }
}
