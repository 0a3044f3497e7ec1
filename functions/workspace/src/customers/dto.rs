use deskless_api::wire::CustomerObject;
use deskless_domain::CustomerRecord;

deskless_api::envelope!(CustomerRecord => CustomerObject, customer, customers, CustomerResponse, CustomerListResponse);
