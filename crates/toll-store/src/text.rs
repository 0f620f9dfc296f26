//! Values that are stored as JSON text because nobody asks for a part of them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::Fault;

pub(crate) fn write<T: Serialize>(what: &'static str, value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|source| Fault::Text { what, source })
}

pub(crate) fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|source| Fault::Text { what, source })
}
