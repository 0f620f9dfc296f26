//! What is said between us and the driver, one JSON line each.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
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
        /// Whether the layers are to be looked at from between them.
        seams: bool,
        /// Whether it will count: that needs an event loop of its own.
        counting: bool,
    },
    /// Build the application and make one request.
    Start {
        request: RequestLine<'a>,
        /// Another request to be made before, whose answer shows the layers.
        proof: Option<RequestLine<'a>>,
        lifespan: &'a str,
    },
    /// Requests that nobody counts.
    WarmUp { wall_ms: u64 },
    /// Requests for a while, timed.
    Slice { cpu_ms: u64 },
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
            order: &Order::WarmUp { wall_ms: 30 },
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
