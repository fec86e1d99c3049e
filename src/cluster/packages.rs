//! The catalogue of problems and their packages in Redis.
//!
//! A package travels as one tar archive, which is known by its SHA-256, in pieces of 1 MiB. Its pieces are sent first and are
//! gone after an hour by themselves, so that a daemon that dies meanwhile leaves nothing; one script then looks whether all
//! are there, makes them stay, and puts the version into the catalogue. Whoever fetches checks the digest before anything
//! of it is used. An archive that no slug names any more stays for another hour, for those who are fetching it.
//!
//! **Keys**, with the same prefix as those of the ledger (`ledger/redis.rs`):
//!
//! | key | type | what | written by | goes |
//! | --- | --- | --- | --- | --- |
//! | `catalogue` | hash | slug → `is AT VERSION BLOB BYTES JSON`, or `now AT SLUG` when it was renamed, or `gone AT` when it was removed | publish, rename, remove | never: what is gone must not come back from a daemon that slept |
//! | `editions` | sorted set | the same slugs by the number of their last change | the same | never |
//! | `blob:BLOB` | hash | `bytes`: an archive is there, and so long; `for:SLUG`: a slug that names it | publish, rename; `bytes` is taken away by whoever finds it spoiled | an hour after no slug names it |
//! | `piece:BLOB:NUMBER` | string | a piece of an archive | the publisher | with `blob:BLOB`; after an hour while there is none |
//! | `wanted` | set | archives that somebody found missing or spoiled | the finder | when they are published again, or named no more |
//!
//! A change is told on the ledger's channel (`CLIENT c`). A hint that is lost loses nothing: the catalogue is asked at the
//! start of every evaluation and for every reader.

use crate::{
    judge::Slug,
    ledger::{
        LedgerError,
        redis::{
            Client,
            link::{Patience, State},
            scripts::{Args, Script},
            value::Items,
        },
    },
    problem::{About, Changes, Depot, DepotError, New, Package, Standing, Terms},
};
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
    sync::watch,
    time,
};

/// Length of every piece but the last; `catalogue.lua` says the same.
const PIECE: u64 = 1 << 20;

/// Slugs in one page of changes, and archives in one question.
const PAGE: usize = 500;

/// How often an archive is sent whose pieces are gone again before it is whole.
const SENDINGS: usize = 3;

/// The shortest time between two questions while Redis is away.
const PAUSE: Duration = Duration::from_millis(200);

/// The problems that daemons and workers share through one Redis.
pub struct Packages {
    client: Arc<Client>,
    scripts: Scripts,
}

struct Scripts {
    look: Script,
    changes: Script,
    piece: Script,
    put: Script,
    sent: Script,
    lacking: Script,
    wanted: Script,
    /// Those that change the catalogue.
    operations: Arc<Script>,
}

macro_rules! reading {
    ($name:literal) => {
        Script::with_head(concat!(
            include_str!("packages/catalogue.lua"),
            include_str!(concat!("packages/", $name, ".lua"))
        ))
    };
}

const OPERATIONS: &str = concat!(
    include_str!("packages/catalogue.lua"),
    include_str!("packages/change.lua"),
    include_str!("packages/publish.lua"),
    include_str!("packages/rename.lua"),
    include_str!("packages/remove.lua"),
    include_str!("packages/want.lua"),
);

impl Packages {
    /// Those in the Redis of this client, in its namespace.
    pub(crate) fn new(client: Arc<Client>) -> Self {
        let scripts = Scripts {
            look: reading!("look"),
            changes: reading!("changes"),
            piece: reading!("piece"),
            put: reading!("put"),
            sent: reading!("sent"),
            lacking: reading!("lacking"),
            wanted: reading!("wanted"),
            operations: Script::of_operations(OPERATIONS),
        };
        Self { client, scripts }
    }

    async fn read(&self, script: &Script, args: Args) -> Result<Items, DepotError> {
        self.client.read(script, args).await.map_err(failed)
    }

    async fn write(
        &self,
        operation: &'static str,
        args: Args,
    ) -> Result<(String, Items), DepotError> {
        let script = &self.scripts.operations;
        self.client.write(script, operation, Patience::Brief, args).await.map_err(failed)
    }

    /// Sends the pieces of an archive, one after the other.
    async fn send(&self, blob: &str, archive: &mut File) -> Result<(), DepotError> {
        archive.rewind().await?;
        for number in 0_u64.. {
            let mut piece = Vec::new();
            (&mut *archive).take(PIECE).read_to_end(&mut piece).await?;
            if piece.is_empty() && number > 0 {
                break;
            }
            let args = Args::new().arg(blob).arg(number).arg(piece);
            self.read(&self.scripts.put, args).await?;
        }
        Ok(())
    }

    async fn is_sent(&self, blob: &str, bytes: u64) -> Result<bool, DepotError> {
        let args = Args::new().arg(blob).arg(bytes);
        let sent: u8 = self.read(&self.scripts.sent, args).await?.number().map_err(failed)?;
        Ok(sent == 1)
    }
}

#[async_trait]
impl Depot for Packages {
    async fn look(&self, slug: &Slug) -> Result<Option<Standing>, DepotError> {
        let mut found = self.read(&self.scripts.look, Args::new().arg(slug.as_str())).await?;
        let Some(text) = found.maybe().map_err(failed)? else { return Ok(None) };
        standing(slug, &text, &mut found).map(Some)
    }

    async fn changes(&self, after: u64) -> Result<Changes, DepotError> {
        let args = Args::new().arg(after).arg(PAGE);
        let mut page = self.read(&self.scripts.changes, args).await?;
        let edition = page.number().map_err(failed)?;
        let known = page.number().map_err(failed)?;
        let mut list = page.items().map_err(failed)?;
        let mut slugs = Vec::new();
        while let Some(change) = list.next_items() {
            let mut change = change.map_err(failed)?;
            let slug = slug(&change.text().map_err(failed)?)?;
            let edition = change.number().map_err(failed)?;
            let text = change.text().map_err(failed)?;
            let standing = standing(&slug, &text, &mut change)?;
            slugs.push((slug, edition, standing));
        }
        Ok(Changes { slugs, edition, known })
    }

    async fn publish(&self, new: &New, archive: &mut File) -> Result<u64, DepotError> {
        let (blob, bytes) = digest(archive).await?;
        let listed = &new.about.listed;
        let (terms, operand) = match &new.terms {
            Terms::Always => ("always", String::new()),
            Terms::Vacant => ("vacant", String::new()),
            Terms::Over(version) => ("over", version.clone()),
            Terms::Since(at) => ("since", at.to_string()),
        };
        let about = serde_json::to_string(&new.about).map_err(io::Error::from)?;
        for _ in 0..SENDINGS {
            if !self.is_sent(&blob, bytes).await? {
                self.send(&blob, archive).await?;
            }
            let args = Args::new().arg(listed.slug.as_str()).arg(&listed.version);
            let args = args.arg(&blob).arg(bytes).arg(&about).arg(terms).arg(&operand);
            let (word, mut rest) = self.write("publish", args).await?;
            match word.as_str() {
                "ok" => return rest.number().map_err(failed),
                "taken" => return Err(DepotError::Taken(listed.slug.clone())),
                _ => {}
            }
        }
        Err(DepotError::Failed(format!(
            "what was sent of the package of `{}` is gone again",
            listed.slug
        )))
    }

    async fn rename(&self, old: &Slug, new: &Slug) -> Result<(), DepotError> {
        let args = Args::new().arg(old.as_str()).arg(new.as_str());
        match self.write("rename", args).await?.0.as_str() {
            "ok" => Ok(()),
            "taken" => Err(DepotError::Taken(new.clone())),
            _ => Err(DepotError::Unknown(old.clone())),
        }
    }

    async fn remove(&self, slug: &Slug, known: bool) -> Result<bool, DepotError> {
        let args = Args::new().arg(slug.as_str()).arg(u8::from(known));
        let (_, mut rest) = self.write("remove", args).await?;
        let there: u8 = rest.number().map_err(failed)?;
        Ok(there == 1)
    }

    async fn fetch(&self, package: &Package, into: &mut File) -> Result<(), DepotError> {
        let slug = &package.about.listed.slug;
        let spoiled = |why: String| DepotError::Spoiled { slug: slug.clone(), why };
        let mut digest = Sha256::new();
        let mut left = package.bytes;
        for number in 0_u64.. {
            let args = Args::new().arg(&package.blob).arg(number);
            let piece = self.read(&self.scripts.piece, args).await?.bytes().map_err(failed)?;
            let Some(piece) = piece.filter(|piece| piece.len() as u64 == left.min(PIECE)) else {
                return Err(spoiled(format!(
                    "is not whole: its piece {number} is missing or damaged"
                )));
            };
            digest.update(&piece);
            into.write_all(&piece).await?;
            left -= piece.len() as u64;
            if left == 0 {
                break;
            }
        }
        into.flush().await?;
        let found = hex::encode(digest.finalize());
        if found != package.blob {
            return Err(spoiled(format!(
                "is damaged: its digest is {found}, and not {}",
                package.blob
            )));
        }
        Ok(())
    }

    async fn want(&self, package: &Package) -> Result<(), DepotError> {
        let args = Args::new().arg(package.about.listed.slug.as_str()).arg(&package.blob);
        self.write("want", args).await.map(drop)
    }

    async fn wanted(&self) -> Result<Vec<String>, DepotError> {
        texts(self.read(&self.scripts.wanted, Args::new()).await?)
    }

    async fn lacking(&self, blobs: &[String]) -> Result<Vec<String>, DepotError> {
        let mut lacking = Vec::new();
        for page in blobs.chunks(PAGE) {
            lacking.extend(texts(self.read(&self.scripts.lacking, Args::new().arg(page)).await?)?);
        }
        Ok(lacking)
    }

    fn news(&self) -> watch::Receiver<u64> {
        self.client.catalogue()
    }

    async fn back(&self) {
        time::sleep(PAUSE).await;
        let mut state = self.client.link.watch();
        tokio::select! {
            () = self.client.link.closed() => {}
            // The sender is the link's own.
            _ = state.wait_for(|state| matches!(state, State::Up(_))) => {}
        }
    }
}

/// SHA-256 and length of a file, from its beginning.
async fn digest(file: &mut File) -> io::Result<(String, u64)> {
    file.rewind().await?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer).await?;
        if count == 0 {
            return Ok((hex::encode(digest.finalize()), bytes));
        }
        digest.update(&buffer[..count]);
        bytes += count as u64;
    }
}

/// What the catalogue says of a slug, and whether its archive is there, which is the next of `items`.
fn standing(of: &Slug, text: &str, items: &mut Items) -> Result<Standing, DepotError> {
    let complete: u8 = items.number().map_err(failed)?;
    let broken = || DepotError::Failed(format!("what it says of `{of}` cannot be read: {text}"));
    let mut words = text.splitn(6, ' ');
    let mut next = || words.next().ok_or_else(broken);
    let (word, at) = (next()?, next()?.parse().map_err(|_| broken())?);
    match word {
        "now" => Ok(Standing::Renamed { to: slug(next()?)?, at }),
        "gone" => Ok(Standing::Removed { at }),
        "is" => {
            let (version, blob) = (next()?.to_owned(), next()?.to_owned());
            let bytes = next()?.parse().map_err(|_| broken())?;
            let mut about: About = serde_json::from_str(next()?).map_err(|_| broken())?;
            // The text is that of the install; the problem may have another slug since.
            about.listed.slug = of.clone();
            about.listed.version = version;
            Ok(Standing::There {
                package: Package { about, blob, bytes, at },
                complete: complete == 1,
            })
        }
        _ => Err(broken()),
    }
}

fn slug(text: &str) -> Result<Slug, DepotError> {
    text.parse().map_err(|error| DepotError::Failed(format!("`{text}` in it: {error}")))
}

fn texts(mut items: Items) -> Result<Vec<String>, DepotError> {
    let mut list = items.items().map_err(failed)?;
    let mut texts = Vec::new();
    while let Some(text) = list.maybe().map_err(failed)? {
        texts.push(text);
    }
    Ok(texts)
}

fn failed(error: LedgerError) -> DepotError {
    match error {
        LedgerError::Away(why) => DepotError::Away(why),
        other => DepotError::Failed(other.to_string()),
    }
}
