"""One module per AWS service, named as troposphere names it: values in, one AWSObject out."""
