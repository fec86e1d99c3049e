//! Reads request bodies within a limit, into memory or into a file.

use super::{
    envelope::{ApiError, Code},
    extract::shorten,
};
use axum::{
    body::{Body, BodyDataStream, HttpBody},
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::{
    fs::File,
    io::{self, Seek},
    path::Path,
};
use tokio::io::AsyncWriteExt;

/// How much of a body beyond its limit is read and thrown away before the refusal is sent. A client
/// that is still sending when the connection is closed would see a reset in place of the reply.
const DRAINED: u64 = 8 << 20;

/// What a request says of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// Nothing.
    Absent,
    /// `application/json`.
    Json,
    /// `application/x-tar`.
    Tar,
    /// `application/zip`.
    Zip,
    /// Something that is not read anywhere.
    Other(String),
}

impl Media {
    /// The name of the JSON form, for messages.
    pub const JSON: &'static str = "application/json";
    /// The names of the forms that a package has, for messages.
    pub const PACKAGES: &'static str =
        "application/x-tar (a package folder), application/zip or application/json";

    /// Reads the Content-Type; its parameters do not matter here.
    pub fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Self::Absent };
        let text = String::from_utf8_lossy(value.as_bytes());
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Self::Json,
            "application/x-tar" => Self::Tar,
            "application/zip" | "application/x-zip-compressed" => Self::Zip,
            _ => Self::Other(essence),
        }
    }

    /// The refusal of this form where only `expected` is read.
    pub fn refusal(&self, expected: &str) -> ApiError {
        let message = match self {
            Self::Absent => format!("is missing; send {expected}"),
            Self::Json => format!("`application/json` is not read here; send {expected}"),
            Self::Tar => format!("`application/x-tar` is not read here; send {expected}"),
            Self::Zip => format!("`application/zip` is not read here; send {expected}"),
            Self::Other(name) => format!("`{}` is not read here; send {expected}", shorten(name)),
        };
        ApiError::field(Code::UnsupportedMediaType, "Content-Type", message)
    }
}

/// Reads a body of at most `limit` bytes into memory.
pub async fn read(body: Body, limit: u64) -> Result<Bytes, ApiError> {
    let mut limited = Limited::new(body, limit).await?;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = limited.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Reads a body of at most `limit` bytes into a file without a name in `folder`, and goes back to its
/// beginning. The file vanishes when it is closed, however the process ends.
pub async fn spool(body: Body, limit: u64, folder: &Path) -> Result<File, ApiError> {
    let mut limited = Limited::new(body, limit).await?;
    let cannot = |error: io::Error| {
        ApiError::internal(format!("cannot write a file in {}: {error}", folder.display()))
    };
    let mut file = tokio::fs::File::from_std(tempfile::tempfile_in(folder).map_err(cannot)?);
    while let Some(chunk) = limited.chunk().await? {
        file.write_all(&chunk).await.map_err(cannot)?;
    }
    file.flush().await.map_err(cannot)?;
    let mut file = file.into_std().await;
    file.rewind().map_err(cannot)?;
    Ok(file)
}

struct Limited {
    stream: BodyDataStream,
    limit: u64,
    left: u64,
}

impl Limited {
    /// Refuses at once what says itself that it is too long.
    async fn new(body: Body, limit: u64) -> Result<Self, ApiError> {
        let announced = body.size_hint().lower();
        let mut limited = Self { stream: body.into_data_stream(), limit, left: limit };
        if announced > limit {
            if announced - limit <= DRAINED {
                limited.drain().await;
            }
            return Err(limited.too_large());
        }
        Ok(limited)
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let Some(chunk) = self.stream.next().await else { return Ok(None) };
        let chunk = chunk.map_err(|error| {
            ApiError::new(Code::BadRequest, format!("the body broke off: {error}"))
        })?;
        let Some(left) = self.left.checked_sub(chunk.len() as u64) else {
            self.drain().await;
            return Err(self.too_large());
        };
        self.left = left;
        Ok(Some(chunk))
    }

    async fn drain(&mut self) {
        let mut left = self.left.saturating_add(DRAINED);
        while let Some(Ok(chunk)) = self.stream.next().await {
            let Some(less) = left.checked_sub(chunk.len() as u64) else { return };
            left = less;
        }
    }

    fn too_large(&self) -> ApiError {
        let message = format!("the body is longer than {}", size(self.limit));
        ApiError::new(Code::TooLarge, message)
    }
}

/// A number of bytes for people: `320 KiB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        n if n >= 1 << 20 && n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n if n >= 1 << 10 && n % (1 << 10) == 0 => format!("{} KiB", n >> 10),
        n => format!("{n} bytes"),
    }
}
