ALTER TABLE `job_items` ADD `origem_item` integer;--> statement-breakpoint
CREATE INDEX `jobs_origem` ON `jobs` (`org_id`,`origem_job_id`) WHERE origem_job_id is not null;