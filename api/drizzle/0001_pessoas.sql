CREATE TABLE `invites` (
	`org_id` text NOT NULL,
	`id` text NOT NULL,
	`hash` text NOT NULL,
	`nome` text NOT NULL,
	`role` text NOT NULL,
	`permissoes` text NOT NULL,
	`criado_por` text NOT NULL,
	`criado_em` integer NOT NULL,
	`expira_em` integer NOT NULL,
	`usado_em` integer,
	`usado_por` text,
	PRIMARY KEY(`org_id`, `id`),
	FOREIGN KEY (`org_id`) REFERENCES `orgs`(`org_id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invites_hash` ON `invites` (`hash`);--> statement-breakpoint
ALTER TABLE `tokens` ADD `permissoes` text DEFAULT '[]' NOT NULL;