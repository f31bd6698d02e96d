CREATE TABLE `approval_rules` (
	`org_id` text PRIMARY KEY NOT NULL,
	`acima_mg` integer,
	`acima_milesimos` integer,
	`alergenos` text NOT NULL,
	FOREIGN KEY (`org_id`) REFERENCES `orgs`(`org_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `device_limits` (
	`org_id` text NOT NULL,
	`user_id` text NOT NULL,
	`device` text NOT NULL,
	PRIMARY KEY(`org_id`, `user_id`, `device`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`user_id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`org_id`,`device`) REFERENCES `devices`(`org_id`,`device`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `user_notices` (
	`org_id` text NOT NULL,
	`user_id` text PRIMARY KEY NOT NULL,
	`lido_ate` integer DEFAULT 0 NOT NULL,
	`prefs` text NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`user_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `user_notices_org` ON `user_notices` (`org_id`);--> statement-breakpoint
ALTER TABLE `jobs` ADD `espera` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `events` ADD `n` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `events_n` ON `events` (`org_id`,`n`);