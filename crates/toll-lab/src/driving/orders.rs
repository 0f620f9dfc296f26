//! What is said between us and the driver, one JSON line each.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use toll_core::audit::{Behaviour, Change, Layer};
use toll_core::verify::Answer;
use toll_core::workload::Workload;

/// An order, and how long the driver may take over it before it gives up by itself.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    #[serde(flatten)]
    pub(super) order: &'a Order<'a>,
    pub(super) timeout_s: f64,
}

/// What a process is told to do.
#[derive(Debug, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Order<'a> {
    /// To the nursery: fork a process for one cell.
    Cell {
        middlewares: u32,
        /// What is done to somebody's own application.
        #[serde(flatten)]
        change: &'a Change,
        #[serde(flatten)]
        manner: Manner,
    },
    /// Build the application and make one request.
    Start {
        request: RequestLine<'a>,
        /// Another request to be made before, whose answer shows the layers.
        proof: Option<RequestLine<'a>>,
        lifespan: &'a str,
    },
    /// Requests that nobody counts.
    WarmUp {
        wall_ms: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        variant: Option<u32>,
    },
    /// Requests for a while, timed.
    Slice {
        cpu_ms: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        variant: Option<u32>,
    },
    /// Name the layers of the user's own application, with all that is known of them.
    Layers {},
    /// Change it, and make one request.
    Variant {
        variant: u32,
        #[serde(flatten)]
        change: &'a Change,
    },
    /// Say what each layer does with a request.
    Behaviour {},
    /// Requests for a while, what each layer takes by itself.
    Exclusive { cpu_ms: u64 },
    /// The same with an empty application, and with plain layers around it.
    Driver { cpu_ms: u64 },
    /// One request with every event counted.
    Count {},
    /// Name the functions that one request enters.
    Profile {},
    /// Name the layers that were found in the application.
    Stack {},
    /// Shut the application down and end.
    Stop {},
}

/// How the process of a cell is to be.
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of an order, as they are said"
)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Manner {
    /// Whether the layers are to be looked at from between them.
    pub seams: bool,
    /// Whether it will count: that needs an event loop of its own.
    pub counting: bool,
    /// Whether there are shims around the layers, so that what each takes by itself can be told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shims: bool,
    /// Whether what passes between the layers is written down.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub behaviour: bool,
}

impl Manner {
    /// The application as it is.
    pub const PLAIN: Self = Self {
        seams: false,
        counting: false,
        shims: false,
        behaviour: false,
    };
    /// One that counts.
    pub const COUNTING: Self = Self {
        counting: true,
        ..Self::PLAIN
    };
}

/// The request of a workload.
#[derive(Debug, Serialize)]
pub(super) struct RequestLine<'a> {
    r#type: &'static str,
    method: &'a str,
    path: &'a str,
    headers: &'a [(String, String)],
    body_base64: String,
    pieces: u32,
}

impl<'a> From<&'a Workload> for RequestLine<'a> {
    fn from(workload: &'a Workload) -> Self {
        Self {
            r#type: workload.protocol.name(),
            method: &workload.method,
            path: &workload.path,
            headers: &workload.headers,
            body_base64: BASE64.encode(&workload.body),
            pieces: workload.pieces,
        }
    }
}

/// What a process says.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Said {
    /// The nursery has imported everything.
    Ready {},
    /// A new process says who it is.
    Cell {
        middlewares: u32,
        seams: bool,
        pid: u32,
    },
    /// The application answered.
    Answer {
        #[serde(flatten)]
        answer: AnswerLine,
        proof: Option<AnswerLine>,
        /// How long it took, where that is told.
        #[serde(default)]
        wall_ns: u64,
        /// The end of the traceback of what it raised, though it answered.
        #[serde(default)]
        raised: Vec<String>,
    },
    /// It is warm.
    Warm {},
    /// A slice.
    Slice(Timed),
    /// What driving costs.
    Driver(DriverCost),
    /// The counts of one request.
    Count { counts: BTreeMap<String, i64> },
    /// The functions that one request entered.
    Profile { functions: Vec<FunctionCalls> },
    /// The layers found in the application.
    Stack(Looked),
    /// The layers of the user's own application.
    Layers(Found),
    /// What a variant answered.
    Variant(Answered),
    /// What each layer does; nothing where that cannot be seen.
    Behaviour { layers: Vec<Option<Behaviour>> },
    /// What each layer took.
    Exclusive(Exclusive),
    /// It is shut down.
    Stopped {},
    /// It cannot go on.
    Failed {
        code: String,
        message: String,
        #[serde(default)]
        traceback: Vec<String>,
    },
}

/// An answer as the driver tells it.
#[derive(Debug, Deserialize)]
pub(super) struct AnswerLine {
    status: u16,
    headers: Vec<(String, String)>,
    body_base64: String,
}

impl From<AnswerLine> for Answer {
    fn from(line: AnswerLine) -> Self {
        Self {
            status: line.status,
            headers: line.headers,
            body: BASE64.decode(line.body_base64).unwrap_or_default(),
        }
    }
}

/// Requests that were timed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Timed {
    /// How many.
    pub requests: i64,
    /// How many were answered otherwise than the first.
    pub wrong: i64,
    /// Wall time.
    pub wall_ns: i64,
    /// CPU time of the process, all threads.
    pub cpu_ns: i64,
    /// CPU time of the event loop's thread.
    pub thread_cpu_ns: i64,
}

/// What the driver itself costs, and what a plain layer costs around an empty application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct DriverCost {
    /// Requests to an empty application.
    pub requests: i64,
    /// Their CPU time.
    pub cpu_ns: i64,
    /// Plain layers around it.
    pub reference_layers: i64,
    /// Requests through them.
    pub reference_requests: i64,
    /// Their CPU time.
    pub reference_cpu_ns: i64,
}

/// A Python function, and how often one request entered it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FunctionCalls {
    /// Its file, relative to where Python found it, such as `starlette/routing.py`.
    pub file: String,
    /// Its qualified name (before Python 3.11 the bare one).
    pub name: String,
    /// The line on which it begins.
    pub line: u32,
    /// How often it was entered.
    pub calls: i64,
}

/// The layers of somebody's own application.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Found {
    /// Outermost first.
    pub layers: Vec<Layer>,
    /// Whether they can be taken out of a running application and put in again. Some frameworks look at
    /// them only when they start.
    pub switchable: bool,
    /// Why the search for them ended early, if it did.
    pub problem: Option<String>,
}

/// What an application answers after a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answered {
    /// Whether it answered at all.
    pub answered: bool,
    /// With which status.
    #[serde(default)]
    pub status: u16,
    /// With so many bytes of body.
    #[serde(default)]
    pub body_bytes: u64,
    /// Why it did not answer.
    #[serde(default)]
    pub message: String,
}

/// What each layer took by itself in some requests.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Exclusive {
    /// How many requests.
    pub requests: i64,
    /// How many were answered otherwise than the first.
    pub wrong: i64,
    /// CPU time of the whole process.
    pub cpu_ns: i64,
    /// Wall time.
    pub wall_ns: i64,
    /// Of each layer from outside, and last of what is inside of all of them; the shims' own cost is
    /// taken off.
    pub layers_ns: Vec<i64>,
}

/// Layers that were found by looking into the built application.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Looked {
    /// Dotted classes, outermost first.
    pub layers: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_lines_of_json() {
        let told = Told {
            order: &Order::WarmUp {
                wall_ms: 30,
                variant: None,
            },
            timeout_s: 5.0,
        };
        let json = serde_json::to_string(&told).unwrap();
        assert_eq!(json, r#"{"do":"warm_up","wall_ms":30,"timeout_s":5.0}"#);
    }

    #[test]
    fn what_is_said_may_say_more_than_we_know() {
        let said: Said =
            serde_json::from_str(r#"{"event":"ready","python":"3.12.1","counts":["tasks"]}"#)
                .unwrap();
        assert!(matches!(said, Said::Ready {}));
        let said: Said =
            serde_json::from_str(r#"{"event":"failed","code":"app-raised","message":"x"}"#)
                .unwrap();
        assert!(matches!(said, Said::Failed { traceback, .. } if traceback.is_empty()));
    }
}
