use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use deskless_domain::DataKeyId;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{
    Store, StoreError,
    condition::Condition,
    expression::{Update, number},
    item::{self, VERSION},
    keys::root,
    packed::{pack, unpack},
};

/// The table's data keys, encrypted. One item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DataKeys {
    /// The data key that encrypts new secrets.
    #[serde(with = "crate::packed")]
    current: DataKeyId,
    /// The data keys by their packed id.
    keys: BTreeMap<String, WrappedKey>,
    #[serde(rename = "v")]
    version: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WrappedKey {
    wrapped: ByteBuf,
}

impl DataKeys {
    /// Returns the first data keys of a table.
    pub fn first(id: DataKeyId, wrapped: Vec<u8>) -> Self {
        let keys = [(pack(id), WrappedKey { wrapped: ByteBuf::from(wrapped) })].into();
        Self { current: id, keys, version: 1 }
    }

    /// Returns the next version, in which a new data key encrypts.
    pub fn rotated(&self, id: DataKeyId, wrapped: Vec<u8>) -> Self {
        let mut next = Self { current: id, version: self.version + 1, ..self.clone() };
        next.keys.insert(pack(id), WrappedKey { wrapped: ByteBuf::from(wrapped) });
        next
    }

    /// Returns the next version, with the current data key only.
    pub fn without_previous(&self) -> Self {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        next.keys.retain(|id, _| unpack(id) == Some(self.current));
        next
    }

    /// Returns the data key that encrypts new secrets.
    pub fn current(&self) -> DataKeyId {
        self.current
    }

    /// Returns how many data keys there are besides the current one.
    pub fn previous(&self) -> usize {
        self.keys.len().saturating_sub(1)
    }

    /// Returns an encrypted data key.
    pub fn wrapped(&self, id: DataKeyId) -> Option<&[u8]> {
        self.keys.get(&pack(id)).map(|key| key.wrapped.as_slice())
    }
}

impl Store {
    /// AP-120: reads the data keys; `None` for a table that has none.
    pub(crate) async fn find_data_keys(&self) -> Result<Option<DataKeys>, StoreError> {
        self.get(root::data_keys()).await?.map(item::read).transpose()
    }

    /// AP-120: reads the data keys.
    pub(crate) async fn data_keys(&self) -> Result<DataKeys, StoreError> {
        self.find_data_keys()
            .await?
            .ok_or_else(|| StoreError::Internal("the table has no data key: run `deskless secrets rotate`".to_owned()))
    }

    /// AP-120: writes the next version of the data keys. Returns false if another process was faster.
    pub(crate) async fn put_data_keys(&self, keys: &DataKeys) -> Result<bool, StoreError> {
        let condition = match keys.version {
            1 => Condition::absent(),
            version => Condition::none().equals(VERSION, number(version - 1)),
        };
        let expression = condition.expression();
        let (names, values) = condition.placeholders(Update::default());
        let request = self
            .client()
            .put_item()
            .table_name(self.table())
            .set_item(Some(item::write(root::data_keys(), keys)?))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                // The existing item may be this write, if its first response was lost.
                Ok(self.find_data_keys().await?.is_some_and(|found| found.is_same_write(keys)))
            }
            Err(error) => Err(StoreError::from_sdk(&error)),
        }
    }
}

impl DataKeys {
    fn is_same_write(&self, other: &Self) -> bool {
        (self.current, self.version) == (other.current, other.version) && self.keys.keys().eq(other.keys.keys())
    }
}
