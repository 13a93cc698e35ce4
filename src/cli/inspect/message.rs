//! What a file of messages between client and server holds: an offer, keys, a request, an answer.

use super::told::Told;
use crate::table::pairs;
use anyhow::{Context as _, Result};
use engine::Offered;
use serde_json::json;
use std::io::BufReader;
use std::path::Path;
use wire::{Kind, Message, short};

/// First bytes of every message.
const MARK: &[u8] = b"CSW1";

pub(super) fn is_one(start: &[u8]) -> bool {
    start.starts_with(MARK)
}

/// Reads every message of a file and checks its digest.
///
/// # Errors
/// When one is damaged or cut off.
pub(super) fn told(path: &Path) -> Result<Told> {
    let shown = format::path(path);
    let file = data::open_regular(path).with_context(|| shown.clone())?;
    let mut stream = BufReader::new(file);
    let (mut messages, mut bytes, mut first, mut offer) = (0_u64, 0_u64, None, None);
    while let Some(message) = Message::next(&mut stream).with_context(|| shown.clone())? {
        let opened = Message::open(&message).with_context(|| shown.clone())?;
        let envelope = *first.get_or_insert(opened.envelope);
        (messages, bytes) = (messages + 1, bytes + message.len() as u64);
        if envelope.kind == Kind::Offer && offer.is_none() {
            offer = Some(Offered::read(message).with_context(|| shown.clone())?.offer);
        }
    }
    let Some(envelope) = first else { anyhow::bail!("{shown}: no message in it") };
    let mut rows = vec![
        ("file", shown),
        ("what", format!("{} of this program", envelope.kind.name())),
        ("messages", format::count(messages)),
        ("size", format::bytes(bytes)),
    ];
    if envelope.kind != Kind::Offer {
        rows.push(("offer", short(&envelope.offer)));
    }
    if let Some(offer) = &offer {
        rows.extend([
            ("name", offer.name.clone()),
            ("model", offer.model.clone()),
            ("scheme", offer.scheme.name().to_owned()),
            ("input", offer.shape.to_string()),
            ("classes", offer.classes.join(", ")),
            ("margin", format!("{} predicted", format::bits(offer.margin_bits))),
            ("checks", format::count(offer.checks.len() as u64)),
        ]);
    }
    rows.push(("integrity", "every digest holds".to_owned()));
    let json = json!({
        "kind": "message",
        "what": envelope.kind.name(),
        "messages": messages,
        "bytes": bytes,
        "offer": short(&envelope.offer),
        "name": offer.as_ref().map(|o| &o.name),
        "model": offer.as_ref().map(|o| &o.model),
        "scheme": offer.as_ref().map(|o| o.scheme.name()),
        "input": offer.as_ref().map(|o| o.shape),
        "classes": offer.as_ref().map(|o| &o.classes),
        "predicted_margin_bits": offer.as_ref().map(|o| o.margin_bits),
    });
    Ok(Told { text: pairs(&rows), json })
}
