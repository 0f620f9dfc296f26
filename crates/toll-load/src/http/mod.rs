//! HTTP/1.1 as a client sees it: reading an answer from any pieces it comes in, and recognising an answer seen before.

mod answer;
mod any_reader;
mod chunked;
#[cfg(test)]
mod fuzz;
mod head;
mod reader;
mod template;

pub(crate) use answer::{Answer, Standard, Taken};
pub(crate) use any_reader::AnyReader;
pub(crate) use head::{Head, fields};
pub(crate) use reader::{BodySink, ResponseReader, Step};
pub(crate) use template::Template;

/// The most that a head may be long, interim heads before it included; the same for the trailers of a chunked body.
pub(crate) const MAX_HEAD: usize = 64 * 1024;
