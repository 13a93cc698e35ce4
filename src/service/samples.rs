//! What a client encrypts.

use super::error::ServiceError;
use engine::{Check, Encoding, Offer};
use network::ModelCard;
use std::ops::Range;
use std::sync::Arc;

/// Samples as the offer takes them.
pub struct Samples {
    /// Raw values, sample after sample; sequences are padded at the front.
    pub raw: Vec<f32>,
    pub count: usize,
    /// Steps of each sequence; empty of other samples.
    pub lengths: Vec<u16>,
    /// Class of each, where there are any.
    pub known: Option<Vec<u16>>,
    /// Where they come from.
    pub name: String,
    /// How they were matched to the offer, a sentence each.
    pub notes: Vec<String>,
}

impl Samples {
    /// Only the first `count`.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn first(&mut self, count: usize) -> Result<(), ServiceError> {
        if count == 0 || count > self.count {
            return Err(ServiceError::Refused(format!(
                "--images {count}: {} has {} samples, so 1 to {} are possible",
                format::excerpt(&self.name),
                self.count,
                self.count
            )));
        }
        self.raw.truncate(self.raw.len() / self.count * count);
        self.lengths.truncate(count);
        if let Some(known) = &mut self.known {
            known.truncate(count);
        }
        self.count = count;
        Ok(())
    }

    /// The test part of a dataset, matched to the offer by the names of columns, words and classes; of
    /// longer sequences the last steps.
    ///
    /// # Errors
    /// When it does not fit.
    pub fn of(offer: &Offer, dataset: data::Dataset) -> Result<Self, ServiceError> {
        let card = ModelCard {
            classes: offer.classes.clone(),
            features: offer.features.clone(),
            ..ModelCard::default()
        };
        let (name, dataset) = (dataset.name().to_owned(), Arc::new(dataset));
        let (dataset, notes) = match &offer.encoding {
            Encoding::Values(_) => scenario::match_to(&offer.model, &card, offer.shape, &dataset)?,
            Encoding::Sequences(encoding) => {
                let card = ModelCard { vocabulary: encoding.vocabulary.clone(), ..card };
                let tokens = encoding.embedding.as_ref().map(|_| encoding.tokens());
                let steps = (encoding.channels, tokens);
                scenario::match_sequences(&offer.model, &card, steps, &dataset)?
            }
        };
        let test = dataset.test();
        let (raw, lengths) = match (&offer.encoding, dataset.shape()) {
            (Encoding::Sequences(encoding), data::Shape::Sequence { steps, .. }) => {
                encoding.fitted(&test.inputs, &test.lengths, steps)
            }
            _ => (test.inputs.clone(), Vec::new()),
        };
        let known = dataset.has_classes().then(|| test.labels.clone());
        Ok(Self { raw, count: test.len(), lengths, known, name, notes })
    }

    /// Whether there are as many values and lengths as the offer takes.
    ///
    /// # Errors
    /// When there are not.
    pub(super) fn fit(&self, offer: &Offer) -> Result<(), ServiceError> {
        let width = offer.shape.len();
        let lengths = offer.encoding.sequences().map_or(0, |_| self.count);
        if self.count > 0 && self.raw.len() == self.count * width && self.lengths.len() == lengths {
            return Ok(());
        }
        Err(ServiceError::Refused(format!(
            "{}: {} values and {} lengths of {} samples where the offer takes {width} values each",
            format::excerpt(&self.name),
            self.raw.len(),
            self.lengths.len(),
            self.count
        )))
    }

    /// What is encrypted of some samples and check samples behind them: a vector (a value for each
    /// sample) for each input.
    ///
    /// # Errors
    /// When one does not fit the offer.
    pub(super) fn vectors(
        &self,
        offer: &Offer,
        samples: Range<usize>,
        checks: &[Check],
    ) -> Result<Vec<Vec<f64>>, ServiceError> {
        let width = offer.shape.len();
        let (first, last) = (samples.start.min(self.count), samples.end.min(self.count));
        let mut raw = self.raw.get(first * width..last * width).unwrap_or_default().to_vec();
        let mut lengths = self.lengths.get(first..last).unwrap_or_default().to_vec();
        for check in checks {
            match &offer.encoding {
                Encoding::Values(_) => raw.extend_from_slice(&check.input),
                Encoding::Sequences(encoding) => {
                    let steps = check.input.len() / encoding.channels.max(1);
                    let (padded, length) = encoding.fitted(&check.input, &[], steps);
                    raw.extend(padded);
                    lengths.extend(length);
                }
            }
        }
        offer.encoding.vectors(&raw, &lengths).map_err(|reason| {
            ServiceError::Refused(format!("{}: {reason}", format::excerpt(&self.name)))
        })
    }
}
