//! What a model holds.

use super::told::{Told, tagged};
use network::Network;
use network::recurrent::{RecurrentLayer, RecurrentModel};
use serde_json::{Value, json};

/// A network of layers.
pub(super) fn layers(network: &Network) -> Told {
    let layers: Vec<Value> = network
        .layers()
        .iter()
        .zip(network.shapes())
        .map(|(layer, shape)| {
            json!({
                "name": layer.name,
                "what": layer.op.summary(),
                "output": shape,
                "parameters": layer.op.parameters(),
            })
        })
        .collect();
    let card = network.card();
    let value = json!({
        "name": network.name(),
        "input": network.input(),
        "classes": network.classes(),
        "class_names": card.classes,
        "features": card.features,
        "parameters": network.parameters(),
        "digest": network.digest(),
        "activations": network.role().name(),
        "layers": layers,
        "quantisation": network.quantisation(),
        "provenance": network.provenance(),
        "dataset": card.dataset,
        "begun_with": card.parent,
        "notes": card.notes,
    });
    Told { text: network.describe(), json: tagged("network", &value) }
}

/// A network of sequences.
pub(super) fn recurrent(model: &RecurrentModel) -> Told {
    let layer = |layer: &RecurrentLayer| {
        let gates: Vec<Value> = layer
            .functions()
            .iter()
            .map(|(name, function)| json!({ "name": name, "activation": function.name() }))
            .collect();
        json!({ "cell": layer.cell.name(), "units": layer.hidden, "gates": gates })
    };
    let card = model.card();
    let value = json!({
        "name": model.name(),
        "channels": model.channels(),
        "classes": model.classes(),
        "class_names": card.classes,
        "vocabulary": card.vocabulary.len(),
        "parameters": model.parameters(),
        "digest": model.digest(),
        "activations": model.role().name(),
        "layers": model.layers().iter().map(layer).collect::<Vec<_>>(),
        "provenance": model.provenance(),
        "dataset": card.dataset,
        "begun_with": card.parent,
        "notes": card.notes,
    });
    Told { text: model.describe(), json: tagged("recurrent_network", &value) }
}
