-- ARGV: id. Answers all fields of the job, flat; none if there is no such job.
return record(ARGV[1])
