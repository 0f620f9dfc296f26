//! An audit of somebody's own application: its layers, and what a cell of it stands for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cell of the whole application, with every layer.
pub const WHOLE: u32 = 0;
/// The cell of the application without any of the layers that can be taken out; where layers are told
/// by themselves, what is inside of all of them.
pub const BARE: u32 = 1_000;

/// The cell of the application as it would be after a [`Change`].
pub const CHANGED: u32 = 1_001;

/// The cell of a layer, by its place from outside: the application without it or, where layers are
/// told by themselves, the layer.
pub fn cell_of(layer: usize) -> u32 {
    layer as u32 + 1
}

/// The place of the layer that a cell is of; `None` for [`WHOLE`] and [`BARE`].
pub fn layer_of(cell: u32) -> Option<usize> {
    (WHOLE + 1..BARE).contains(&cell).then(|| cell as usize - 1)
}

/// What is done to an application: layers taken out, put in place of others, or put in another order.
/// Layers are named by their places from outside, as they are before anything is changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Taken out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<usize>,
    /// `module:Class` that stands in place of a layer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub replace: BTreeMap<usize, String>,
    /// Layers that take one another's places: the order in which they then stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<usize>,
}

impl Change {
    /// Some layers taken out, and nothing else.
    pub fn without(places: Vec<usize>) -> Self {
        Self {
            without: places,
            ..Self::default()
        }
    }

    /// Whether the application stays as it is.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What is done in a cell, where `cells` are all that there are and `asked` is what [`CHANGED`] stands
/// for.
pub fn change_in(cell: u32, cells: &[u32], asked: &Change) -> Change {
    match cell {
        CHANGED => asked.clone(),
        BARE => Change::without(cells.iter().copied().filter_map(layer_of).collect()),
        _ => Change::without(layer_of(cell).into_iter().collect()),
    }
}

/// Who put a layer into an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The project.
    Application,
    /// The framework, by itself.
    Framework,
    /// A package that patches others, such as a monitoring agent.
    #[serde(alias = "patched in")]
    PatchedIn,
}

/// How a layer is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LayerStyle {
    /// An ASGI application around another.
    Asgi,
    /// A function in a list, called before or after the handler.
    Hook,
    /// A callable around another that is no ASGI application, such as Django's.
    Nested,
}

/// A layer of an application.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// Its class or function.
    pub name: String,
    /// The same with its module, dotted.
    pub origin: String,
    /// The distribution that it comes from, if it is one's.
    pub distribution: Option<String>,
    /// That distribution's version.
    pub version: Option<String>,
    /// The file in which it is defined.
    pub file: Option<String>,
    /// The line on which it begins.
    pub line: Option<u32>,
    /// Where in the application it stands, in words.
    pub place: String,
    /// Who put it there.
    pub added_by: By,
    /// Whether it can be taken out.
    pub removable: bool,
    /// Why not, in words.
    pub why_not: Option<String>,
    /// Its options, as far as they are numbers, truth values or nothing: texts may be secrets.
    #[serde(default)]
    pub options: BTreeMap<String, serde_json::Value>,
    /// How it is called.
    pub style: LayerStyle,
    /// Whether it is one of Starlette's `BaseHTTPMiddleware`.
    #[serde(default)]
    pub base_http: bool,
    /// Whether it is synchronous, so that it is called in a thread.
    #[serde(default)]
    pub sync: bool,
    /// Functions of other packages that run in place of its own, dotted: their cost is in its.
    #[serde(default)]
    pub patches: Vec<String>,
}

/// A place in somebody's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodePlace {
    /// The function.
    pub name: String,
    /// Its file.
    pub file: String,
    /// The line: of a call where it is one, else on which the function begins.
    pub line: u32,
    /// How often one request comes by.
    #[serde(default)]
    pub calls: u64,
}

/// What a layer does with one request, as far as it shows at its borders; what does not show is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Behaviour {
    /// Whether the request came to it.
    pub reached: bool,
    /// Whether it answered without calling what is inside of it.
    pub answers_itself: Option<bool>,
    /// Whether it holds the body of the answer until it has all of it.
    pub buffers_response: Option<bool>,
    /// Whether it sends the head of the answer only when there is some body.
    pub delays_start: Option<bool>,
    /// Whether it sends the head of the answer again when the body comes in pieces.
    pub repeats_start: Option<bool>,
    /// Whether it reads the body of the request before it calls what is inside of it.
    pub buffers_request: Option<bool>,
    /// Messages with body that it sends more than it was given.
    pub extra_messages: Option<i64>,
    /// What it changes: `scope`, `request`, `status`, `headers`, `body`.
    pub changes: Option<Vec<String>>,
    /// Whether it changed nothing that can be seen from outside of it.
    pub idle: Option<bool>,
    /// Which callables it put its own in place of: `receive`, `send`.
    pub wraps: Option<Vec<String>>,
    /// The functions that are entered most within it.
    pub functions: Vec<CodePlace>,
    /// Functions that are entered within it.
    pub calls: u64,
    /// Where it makes tasks.
    pub tasks_from: Vec<CodePlace>,
    /// Where it hands work to other threads.
    pub threads_from: Vec<CodePlace>,
    /// Routes that it tries by itself.
    pub route_matches: u64,
    /// Where it does.
    pub routes_walked_from: Option<CodePlace>,
}

/// What an application answers without one of its layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Removal {
    /// The same status, the same size of body.
    Same,
    /// The same status, another body: it is taken out all the same, and that is said.
    OtherBody,
    /// Another status: the layer bears a load, and cannot be taken out without changing what is measured.
    OtherStatus {
        /// Which.
        status: u16,
    },
    /// No answer at all.
    NoAnswer {
        /// Why.
        message: String,
    },
    /// It cannot be taken out.
    Never {
        /// Why not.
        reason: String,
    },
}

impl Removal {
    /// What an application answers `then`, beside what it answers `today`: status, and bytes of body.
    pub fn between(today: (u16, u64), then: (u16, u64)) -> Self {
        match then {
            (status, _) if status != today.0 => Self::OtherStatus { status },
            (_, body_bytes) if body_bytes != today.1 => Self::OtherBody,
            _ => Self::Same,
        }
    }

    /// Whether the application can be measured without it.
    pub fn is_possible(&self) -> bool {
        matches!(self, Self::Same | Self::OtherBody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_for_what_is_changed() {
        let cells = [WHOLE, cell_of(0), cell_of(2), BARE, CHANGED];
        let asked = Change {
            order: vec![2, 0],
            ..Change::default()
        };
        let done: Vec<Change> = cells
            .iter()
            .map(|cell| change_in(*cell, &cells, &asked))
            .collect();
        let without: Vec<Vec<usize>> = done.iter().map(|change| change.without.clone()).collect();
        assert_eq!(without, [vec![], vec![0], vec![2], vec![0, 2], vec![]]);
        assert!(done[0].is_nothing());
        assert_eq!(done[4], asked);
        assert_eq!((layer_of(BARE), layer_of(CHANGED)), (None, None));
    }
}
