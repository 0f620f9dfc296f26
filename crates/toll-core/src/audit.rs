//! An audit of somebody's own application: its layers, and what a cell of it stands for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cell of the whole application, with every layer.
pub const WHOLE: u32 = 0;
/// The cell of the application without any of the layers that can be taken out; where layers are told
/// by themselves, what is inside of all of them.
pub const BARE: u32 = 1_000;

/// The cell of a layer, by its place from outside: the application without it or, where layers are
/// told by themselves, the layer.
pub fn cell_of(layer: usize) -> u32 {
    layer as u32 + 1
}

/// The place of the layer that a cell is of; `None` for [`WHOLE`] and [`BARE`].
pub fn layer_of(cell: u32) -> Option<usize> {
    (WHOLE + 1..BARE).contains(&cell).then(|| cell as usize - 1)
}

/// The layers that are taken out in a cell, where `cells` are all that there are.
pub fn taken_out(cell: u32, cells: &[u32]) -> Vec<usize> {
    if cell == BARE {
        return cells.iter().copied().filter_map(layer_of).collect();
    }
    layer_of(cell).into_iter().collect()
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
    /// Whether the application can be measured without it.
    pub fn is_possible(&self) -> bool {
        matches!(self, Self::Same | Self::OtherBody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_for_what_is_taken_out() {
        let cells = [WHOLE, cell_of(0), cell_of(2), BARE];
        let out: Vec<Vec<usize>> = cells.iter().map(|cell| taken_out(*cell, &cells)).collect();
        assert_eq!(out, [vec![], vec![0], vec![2], vec![0, 2]]);
        assert_eq!(layer_of(BARE), None);
    }
}
